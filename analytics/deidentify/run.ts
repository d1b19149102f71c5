import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { deidentifyFile, NotMedicalError, type Deidentification } from '@fovea/medical/deidentify';
import { DicomError } from '@fovea/medical/dicom/error.ts';
import { NiftiError } from '@fovea/medical/nifti/error.ts';
import { InputError, type InputFile, type OutputFile, type RunAnalytic } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { writeJson } from '../json-output.ts';

const run: RunAnalytic = async (task) => {
  const scans = task.inputs['scans'] ?? [];
  if (scans.length === 0) throw new InputError('input scans: at least one file is needed');
  const settings = settingsOf(task.parameters);
  const files: OutputFile[] = [];
  const reports: Record<string, unknown>[] = [];
  await mkdir(join(task.outputDir, 'scans'), { recursive: true });
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(scans, each, async (from: InputFile) => {
    const { bytes, path, report } = await deidentifyFile(new Uint8Array(await readFile(from.path)), settings).catch(blameFile);
    const name = path.split('/').at(-1) ?? 'scan';
    const to = join(task.outputDir, 'scans', `${files.length}-${name}`);
    files.push({ output: 'scans', path: to, name, mediaType: `application/${report.format}`, from });
    // The item is named by its id: its own name may tell the patient's.
    reports.push({ itemId: from.itemId ?? null, name, path, ...report });
    await writeFile(to, bytes);
  });
  throwIfAllFailed(scans, failures);
  const actions = reports.reduce((sum, report) => sum + (report['actions'] as unknown[]).length, 0);
  return {
    files: [...files, await writeJson(task, 'report', 'report.json', reports)],
    failures,
    summary: { files: files.length, actions, warnings: reports.flatMap((report) => report['warnings'] as string[]).length },
  };
};
export default run;

/** A file that is no scan, or a broken one, is at fault itself: the others are cleaned. */
function blameFile(error: unknown): never {
  if (error instanceof NotMedicalError || error instanceof DicomError || error instanceof NiftiError) throw new InputError(error.message, { cause: error });
  throw error;
}

function settingsOf(parameters: Record<string, unknown>): Deidentification {
  const { key, dates, pixel_rules: pixelRules = [] } = parameters;
  if (typeof key !== 'string' || key.length < 16) throw new InputError('parameter key: a secret of at least 16 characters is needed');
  if (!Array.isArray(pixelRules) || !pixelRules.every(isPixelRule)) throw new InputError('parameter pixel_rules: must be a list of { when?, regions: [{ x, y, width, height }] }');
  const on = (name: string): boolean => parameters[name] === true;
  return {
    key,
    pixelRules,
    options: {
      retainUids: on('retain_uids'),
      retainDevice: on('retain_device'),
      retainInstitution: on('retain_institution'),
      retainPatientCharacteristics: on('retain_patient_characteristics'),
      cleanDescriptors: on('clean_descriptors'),
      cleanStructuredContent: on('clean_structured_content'),
      cleanGraphics: on('clean_graphics'),
      retainSafePrivate: on('retain_safe_private'),
      ...(dates === 'full' || dates === 'modified' ? { longitudinalDates: dates } : {}),
    },
  };
}

function isPixelRule(rule: unknown): rule is NonNullable<Deidentification['pixelRules']>[number] {
  const regions = (rule as { regions?: unknown } | null)?.regions;
  const isRegion = (region: unknown): boolean => ['x', 'y', 'width', 'height'].every((key) => Number.isInteger((region as Record<string, unknown> | null)?.[key]));
  return Array.isArray(regions) && regions.length > 0 && regions.every(isRegion);
}
