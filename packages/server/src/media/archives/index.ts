export { archiveBounds, ArchiveError, type ArchiveBounds } from './bounds.ts';
export { openFiles } from './open.ts';
export { openFolder } from './folder-source.ts';
export { FileSpools } from './file-spool.ts';
export { ZipWriter } from './zip-writer.ts';
export type { OpenedFiles } from './source.ts';
