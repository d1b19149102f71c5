/** A file with its place in the dataset: `/folder/name.jpg`. */
export interface Picked {
  path: string;
  file: File;
}

/**
 * What was dropped: an entry for each file or folder. To be called in the drop event itself, as browsers empty the
 * DataTransfer when it ends.
 */
export function droppedEntries(transfer: DataTransfer): (FileSystemEntry | File)[] {
  return [...transfer.items].flatMap((item) => {
    if (item.kind !== 'file') return [];
    return item.webkitGetAsEntry() ?? item.getAsFile() ?? [];
  });
}

/** All files of dropped entries, folders walked in the order of their names; what cannot be read is told to `onFault`. */
export async function* walkEntries(entries: readonly (FileSystemEntry | File)[], into: string, onFault: (path: string, error: unknown) => void): AsyncGenerator<Picked> {
  for (const entry of entries) {
    const path = joinPath(into, entry.name);
    try {
      if (entry instanceof File) yield { path, file: entry };
      else if (entry.isDirectory) yield* walkEntries(await readFolder(entry as FileSystemDirectoryEntry), path, onFault);
      else if (!isClutter(entry.name)) yield { path, file: await readFile(entry as FileSystemFileEntry) };
    } catch (error) {
      onFault(path, error);
    }
  }
}

/** The files of a picker; a folder picker says where in the folder each lies. */
export function* walkPicked(files: Iterable<File>, into: string): Generator<Picked> {
  for (const file of files) {
    if (!isClutter(file.name)) yield { path: joinPath(into, file.webkitRelativePath || file.name), file };
  }
}

/** What file managers leave behind, and hidden files: nobody means to upload these with a folder. */
function isClutter(name: string): boolean {
  return name.startsWith('.') || name === 'Thumbs.db' || name === 'desktop.ini';
}

export function joinPath(folder: string, name: string): string {
  return `${folder.replace(/\/+$/, '')}/${name.replace(/^\/+/, '')}`;
}

/** All entries of a folder: browsers give them in batches, and an empty batch is the end. */
async function readFolder(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const batch = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (batch.length === 0) break;
    all.push(...batch);
  }
  return all.filter((entry) => !isClutter(entry.name)).toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

function readFile(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}
