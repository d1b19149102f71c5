/**
 * A path out of a label file as a path within a dataset: `\` becomes `/`, `.` and doubled slashes go. Undefined for what
 * would leave the dataset or is no name: empty, absolute, with a drive or a scheme, with `..`, or with control
 * characters.
 */
export function safePath(text: string): string | undefined {
  const unified = text.replaceAll('\\', '/');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (unified.startsWith('/') || /^[a-z][a-z0-9+.-]*:/i.test(unified) || /[\u0000-\u001f]/.test(unified))
    return undefined;
  const parts = unified.split('/').filter((part) => part !== '' && part !== '.');
  return parts.length === 0 || parts.includes('..') ? undefined : parts.join('/');
}

/** A path that is given from a folder, with its ways up (`../images/a.jpg`) gone; undefined when it leaves the dataset. */
export function resolvePath(folder: string, path: string): string | undefined {
  const parts: string[] = folder === '' ? [] : folder.split('/');
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..' && parts.pop() === undefined) return undefined;
    if (part !== '..') parts.push(part);
  }
  return path.startsWith('/') ? undefined : safePath(parts.join('/'));
}

/** The part of a path after its last slash. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** The part of a path before its last slash; empty for a bare name. */
export function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** A path without what follows the last dot of its name. */
export function withoutExtension(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') + 1 ? path.slice(0, dot) : path;
}

/** What follows the last dot of a path's name, in small letters; empty when there is none. */
export function extensionOf(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot > path.lastIndexOf('/') ? path.slice(dot + 1).toLowerCase() : '';
}

const mediaExtensions = new Set(
  'jpg jpeg png webp gif bmp tif tiff avif heic heif jxl jp2 mp4 m4v mov webm mkv avi mpg mpeg dcm nii'.split(' '),
);

/** Whether a path is that of a picture, a video or a scan, by its ending. */
export function isMediaPath(path: string): boolean {
  return mediaExtensions.has(extensionOf(path)) || path.toLowerCase().endsWith('.nii.gz');
}

/**
 * A path that no other item of the export has once its ending is taken off, for formats with one label file per picture:
 * of `a.jpg` and `a.png`, the second comes to `a.png`, so that their label files differ.
 */
export class LabelPaths {
  readonly #taken = new Set<string>();

  /** The label file's path, without its ending, for a media path. */
  stemFor(path: string): string {
    const stem = withoutExtension(path);
    const free = this.#taken.has(stem) ? path : stem;
    this.#taken.add(free);
    return free;
  }
}

/** A text as one part of a path: what file systems refuse becomes `_`. */
export function asFileName(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what is replaced
  const name = text.replaceAll(/[\u0000-\u001f\\/:*?"<>|]/g, '_').replace(/^\.+$/, '_');
  return name === '' ? '_' : name;
}
