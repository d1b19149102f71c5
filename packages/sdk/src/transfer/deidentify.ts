import type { DeidentifyOptions } from '@fovea/contract';
import { platform } from '#platform';
import { FoveaError } from '../errors.ts';
import { openSource, readWhole, type UploadFile, type UploadSource } from './source.ts';

/** How files are de-identified. */
export interface DeidentifySettings extends DeidentifyOptions {
  /**
   * `client` (default): here, before anything leaves this machine; in Node, with the package `@fovea/medical`. `server`: by the platform,
   * before anything is stored.
   */
  where?: 'client' | 'server' | undefined;
  /** Secret of at least 16 characters by which identities are mapped. Default: that of the project. */
  key?: string | undefined;
}

/** What was done to a file: every attribute, never what stood there. */
export interface FileReport {
  format: 'dicom' | 'nifti';
  actions: readonly { path: string; keyword?: string; action: string; reason?: string }[];
  blackedOut: readonly { x: number; y: number; width: number; height: number }[];
  /** What a person should look at. */
  warnings: readonly string[];
  /** The pseudonym. */
  patientId: string | null;
  sopInstanceUid: string | null;
}

/** A file that was de-identified here. */
export interface CleanedFile {
  /** As it was called before; may name the patient. */
  from: string;
  /** Where it goes in the dataset. */
  path: string;
  report: FileReport;
}

/** A file could not be de-identified, and was not sent. */
export class DeidentifyError extends FoveaError {
  override name = 'DeidentifyError';
  /** It is neither DICOM nor NIfTI: nothing is known of where identities stand in it. */
  readonly notMedical: boolean;

  constructor(message: string, options: { notMedical: boolean; cause: unknown }) {
    super(message, { cause: options.cause });
    this.notMedical = options.notMedical;
  }
}

type Cleaner = (path: string, source: UploadSource) => Promise<{ bytes: Uint8Array; cleaned: CleanedFile }>;

/** What cleans files by these settings. Rejects with DeidentifyError. */
export async function cleaner({ where: _where, key = '', keepPath = false, pixelRules = [], ...given }: DeidentifySettings): Promise<Cleaner> {
  const options = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  if (!platform.deidentifier) throw new FoveaError('This platform cannot de-identify by itself: use { where: "server" }, or Node.');
  const deidentify = await platform.deidentifier();
  return async (from, source) => {
    const bytes = await readWhole(await openSource(source));
    try {
      const { bytes: clean, path, report } = await deidentify(bytes, { key, options, pixelRules });
      return { bytes: clean, cleaned: { from, path: keepPath ? from : path, report } };
    } catch (error) {
      const notMedical = (error as Error).name === 'NotMedicalError';
      throw new DeidentifyError(`"${from}" cannot be de-identified, and was not sent: ${(error as Error).message}`, { notMedical, cause: error });
    }
  };
}

/** The files cleaned one by one as they are asked for; one that cannot be comes with its problem instead of bytes. */
export async function* cleanFiles(
  files: Iterable<UploadFile> | AsyncIterable<UploadFile>,
  clean: Cleaner,
  told: { onCleaned: ((file: CleanedFile) => void) | undefined },
): AsyncGenerator<UploadFile> {
  const seen = new Set<string>();
  for await (const { path, file } of files) {
    try {
      const { bytes, cleaned } = await clean(path, file);
      // The same instance twice under two names would be two files at one path.
      const place = seen.has(cleaned.path) ? cleaned.path.replace(/(\.[a-z.]+)?$/, `~${seen.size}$1`) : cleaned.path;
      seen.add(place);
      told.onCleaned?.({ ...cleaned, path: place });
      yield { path: place, file: bytes, sizeBytes: bytes.byteLength };
    } catch (error) {
      yield { path, file: new Uint8Array(), problem: error as Error };
    }
  }
}
