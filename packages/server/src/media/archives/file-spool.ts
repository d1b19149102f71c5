import { createReadStream } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Spools that are files in a folder of ours: what is kept for later takes no memory. The folder is the caller's to remove. */
export class FileSpools {
  readonly #folder: string;
  readonly #handles: FileHandle[] = [];
  #count = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A new one: bytes are appended, then read from the beginning. */
  create(): { append(bytes: Uint8Array): Promise<void>; read(): AsyncIterable<Uint8Array> } {
    const file = join(this.#folder, `spool-${this.#count++}`);
    let handle: FileHandle | undefined;
    return {
      append: async (bytes) => {
        if (!handle) {
          handle = await open(file, 'a');
          this.#handles.push(handle);
        }
        await handle.appendFile(bytes);
      },
      read: () => (handle ? (createReadStream(file, { highWaterMark: 256 * 1024 }) as AsyncIterable<Uint8Array>) : nothing()),
    };
  }

  /** Closes the files. */
  async close(): Promise<void> {
    for (const handle of this.#handles.splice(0)) await handle.close();
  }
}

async function* nothing(): AsyncGenerator<Uint8Array> {}
