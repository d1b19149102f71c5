import { fitsFileName } from './bundle.ts';
import { openSource, type OpenSource, type UploadFile } from './source.ts';

/** Files below this size travel in bundles. */
const smallBytes = 1024 * 1024;
/** What one bundle holds at most. */
const bundleFiles = 100;
const bundleBytes = 8 * 1024 * 1024;

/** A file whose source was looked at. */
export interface OpenFile {
  path: string;
  /** What was given. */
  given: UploadFile['file'];
  sizeBytes: number | undefined;
  open(): Promise<OpenSource>;
}

/** What one request carries. */
export type Unit = { kind: 'bundle'; files: OpenFile[] } | { kind: 'single'; file: OpenFile };

/**
 * Cuts a sequence of files into requests: small ones are bundled, the others go by themselves. Only one `next` runs at a time, so that
 * many workers can pull from one source. Files that cannot be opened are reported and left out.
 */
export class Units {
  private readonly files: AsyncIterator<UploadFile> | Iterator<UploadFile>;
  private readonly refuse: (path: string, error: unknown) => void;
  private readonly maxWaiting: number;
  private readonly waiting: OpenFile[] = [];
  private turn: Promise<unknown> = Promise.resolve();
  private ended = false;

  constructor(files: AsyncIterable<UploadFile> | Iterable<UploadFile>, options: { maxWaiting: number; refuse(path: string, error: unknown): void }) {
    this.files = Symbol.asyncIterator in files ? files[Symbol.asyncIterator]() : files[Symbol.iterator]();
    this.maxWaiting = options.maxWaiting;
    this.refuse = options.refuse;
  }

  /** The next request's files, or undefined at the end. */
  next(): Promise<Unit | undefined> {
    const turn = this.turn.then(() => this.take());
    this.turn = turn.catch(() => undefined);
    return turn;
  }

  /** Lets go of the source. */
  async end(): Promise<void> {
    this.ended = true;
    await this.files.return?.();
  }

  private async take(): Promise<Unit | undefined> {
    const bundle: OpenFile[] = [];
    let bytes = 0;
    while (!this.ended && bundle.length < bundleFiles && bytes < bundleBytes && this.waiting.length < this.maxWaiting) {
      const { done, value } = await this.files.next();
      if (done) {
        this.ended = true;
        break;
      }
      const file = await this.look(value);
      if (!file) continue;
      if (file.sizeBytes === undefined || file.sizeBytes >= smallBytes || !fitsFileName(file.path)) this.waiting.push(file);
      else {
        bundle.push(file);
        bytes += file.sizeBytes;
      }
    }
    if (bundle.length > 0) return { kind: 'bundle', files: bundle };
    const file = this.waiting.shift();
    return file && { kind: 'single', file };
  }

  private async look({ path, file, sizeBytes, problem }: UploadFile): Promise<OpenFile | undefined> {
    if (problem) return void this.refuse(path, problem);
    const placed = path.startsWith('/') ? path : `/${path}`;
    // A size that is known spares a look at the disk; the file is opened when its turn comes.
    if (sizeBytes !== undefined) return { path: placed, given: file, sizeBytes, open: () => openSource(file) };
    try {
      const source = await openSource(file);
      return { path: placed, given: file, sizeBytes: source.sizeBytes, open: () => Promise.resolve(source) };
    } catch (error) {
      this.refuse(placed, error);
      return undefined;
    }
  }
}
