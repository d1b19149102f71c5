import { appendFileSync, existsSync, readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { pixelRule, type Dataset } from '@fovea/contract';
import { DeidentifyError, type CleanedFile, type DeidentifySettings, type UploadFile, type UploadManyOptions, type UploadManyResult } from '@fovea/sdk';
import { Option, type Command } from 'commander';
import { UsageError } from '../failure.ts';
import { note, type Io } from '../io.ts';
import { formatCount } from '../terminal/format.ts';
import { plain } from '../terminal/text.ts';

export interface DeidentifyFlags {
  deidentify?: boolean;
  retain?: (keyof typeof retained)[];
  dates: 'remove' | 'modified' | 'full';
  cleanDescriptors?: boolean;
  pixelRules?: string;
  keepPaths?: boolean;
  report?: string;
}

const retained = { uids: 'retainUids', device: 'retainDevice', institution: 'retainInstitution', characteristics: 'retainPatientCharacteristics', private: 'retainSafePrivate' } as const;

/** The options of `--deidentify`. */
export function withDeidentify(command: Command): Command {
  return command
    .option('--deidentify', 'take out of DICOM and NIfTI files what tells who they are of (PS3.15 annex E), on this machine; other files are left out')
    .addOption(new Option('--retain <what...>', 'with --deidentify: what to keep').choices(Object.keys(retained)))
    .addOption(new Option('--dates <rule>', 'with --deidentify: remove dates, move them by days of the patient (modified), or keep them (full)').choices(['remove', 'modified', 'full']).default('remove'))
    .option('--clean-descriptors', 'with --deidentify: keep descriptions, with what identifies taken out')
    .option('--pixel-rules <file>', 'with --deidentify: JSON file with regions to black out: [{ when, regions }]')
    .option('--keep-paths', 'with --deidentify: keep folder and file names, which may name the patient')
    .option('--report <file>', 'with --deidentify: where to note what was done to each file; an upload that broke off goes on from it (default: fovea-deidentify-DATASET.jsonl)');
}

/** One line of the report file. It names the original, so it belongs where the originals are. */
interface ReportLine {
  file: string;
  sizeBytes: number | null;
  modifiedMs: number | null;
  outcome: 'created' | 'existing' | 'replaced' | 'left out' | 'failed';
  path?: string;
  itemId?: string;
  message?: string;
  report?: CleanedFile['report'];
}

/** A de-identifying upload: what is sent, what was done before, what is noted. */
export class Deidentifying {
  /** What the upload is given beside its own options. */
  readonly options: Pick<UploadManyOptions, 'deidentify' | 'onCleaned' | 'onItem'>;
  /** Files that an earlier run has stored. */
  doneBefore = 0;
  private readonly io: Io;
  private readonly file: string;
  private readonly stored: Map<string, ReportLine>;
  private readonly facts = new Map<string, Pick<ReportLine, 'sizeBytes' | 'modifiedMs'>>();
  private readonly underway = new Map<string, CleanedFile>();
  private readonly into: string;
  private warnings = 0;

  private constructor(io: Io, flags: DeidentifyFlags & { into?: string }, dataset: Pick<Dataset, 'id'>) {
    this.io = io;
    this.file = resolve(io.cwd, flags.report ?? `fovea-deidentify-${dataset.id}.jsonl`);
    this.stored = linesOf(this.file, flags.report);
    this.into = flags.into === undefined ? '' : `/${flags.into}`.replace(/\/+/g, '/').replace(/\/$/, '');
    this.options = {
      deidentify: settingsOf(io, flags),
      onCleaned: (file) => {
        this.warnings += file.report.warnings.length > 0 ? 1 : 0;
        this.underway.set(`${this.into}${file.path}`, file);
      },
      onItem: (item, outcome) => {
        const cleaned = this.underway.get(item.path);
        if (cleaned) this.write({ file: cleaned.from, outcome, path: item.path, itemId: item.id, report: cleaned.report });
        this.underway.delete(item.path);
      },
    };
  }

  /** Throws UsageError when the rules or the report of an earlier run cannot be read. */
  static async start(io: Io, flags: DeidentifyFlags & { into?: string }, dataset: Pick<Dataset, 'id'>): Promise<Deidentifying> {
    return new Deidentifying(io, flags, dataset);
  }

  /** The files that are still to be sent: a file that was stored before and did not change since is not touched again. */
  async *open(files: AsyncIterable<UploadFile>): AsyncGenerator<UploadFile> {
    for await (const file of files) {
      const facts = typeof file.file === 'string' ? statSync(file.file, { throwIfNoEntry: false }) : undefined;
      const now = { sizeBytes: facts?.size ?? null, modifiedMs: facts?.mtimeMs ?? null };
      const before = this.stored.get(file.path);
      if (before && before.sizeBytes === now.sizeBytes && before.modifiedMs === now.modifiedMs) {
        this.doneBefore += 1;
        continue;
      }
      this.facts.set(file.path, now);
      yield file;
    }
  }

  /** Notes what was not stored, says where the report is, and gives the result without what was left out on purpose. */
  finish(result: UploadManyResult, json: boolean): UploadManyResult {
    const original = (path: string): string => this.underway.get(path)?.from ?? (path.startsWith(`${this.into}/`) ? path.slice(this.into.length) : path);
    const leftOut = result.failures.filter(({ error }) => error instanceof DeidentifyError && error.notMedical);
    const failures = result.failures.filter((failure) => !leftOut.includes(failure));
    for (const { path, message } of leftOut) this.write({ file: original(path), outcome: 'left out', message });
    for (const { path, message } of failures) this.write({ file: original(path), outcome: 'failed', message });
    if (!json) {
      if (this.doneBefore > 0) note(this.io, `${formatCount(this.doneBefore)} files were stored before, and left as they are.`);
      if (leftOut.length > 0) note(this.io, `${formatCount(leftOut.length)} files are neither DICOM nor NIfTI, and were left out.`);
      if (this.warnings > 0) note(this.io, `${formatCount(this.warnings)} files have a warning that a person should look at: see the report.`);
      note(this.io, `What was done to each file stands in ${plain(this.file)}. It names the originals: keep it where they are.`);
    }
    return { ...result, failures, failed: failures.length, existing: result.existing + this.doneBefore };
  }

  private write(line: Omit<ReportLine, 'sizeBytes' | 'modifiedMs'>): void {
    const whole: ReportLine = { sizeBytes: null, modifiedMs: null, ...this.facts.get(line.file), ...line };
    appendFileSync(this.file, `${JSON.stringify(whole)}\n`, { mode: 0o600 });
  }
}

/** What an earlier run has stored, by file. A last line that broke off is left. */
function linesOf(file: string, given: string | undefined): Map<string, ReportLine> {
  const stored = new Map<string, ReportLine>();
  if (!existsSync(file)) return stored;
  const lines = readFileSync(file, 'utf8').split('\n');
  for (const [index, text] of lines.entries()) {
    if (text.trim() === '') continue;
    try {
      const line = JSON.parse(text) as ReportLine;
      if (['created', 'existing', 'replaced'].includes(line.outcome)) stored.set(line.file, line);
    } catch {
      if (index < lines.length - 2) throw new UsageError(`"${given ?? file}" is no report of an earlier upload: line ${index + 1} is not JSON. Give another file with --report.`);
    }
  }
  return stored;
}

function settingsOf(io: Io, flags: DeidentifyFlags): DeidentifySettings {
  return {
    ...Object.fromEntries((flags.retain ?? []).map((what) => [retained[what], true])),
    ...(flags.dates === 'remove' ? {} : { longitudinalDates: flags.dates }),
    ...(flags.cleanDescriptors ? { cleanDescriptors: true } : {}),
    ...(flags.keepPaths ? { keepPath: true } : {}),
    ...(flags.pixelRules === undefined ? {} : { pixelRules: rulesOf(io, flags.pixelRules) }),
  };
}

function rulesOf(io: Io, file: string): NonNullable<DeidentifySettings['pixelRules']> {
  try {
    return pixelRule.array().parse(JSON.parse(readFileSync(resolve(io.cwd, file), 'utf8')));
  } catch (error) {
    throw new UsageError(`"${file}" holds no rules: ${(error as Error).message}`);
  }
}
