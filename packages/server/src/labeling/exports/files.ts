/** What works on files alone: as exports choose and divide, without a platform. */
export { fileNameSafe } from './file-name.ts';
export { selectionOf, type LeftOut, type SelectionRequest } from './selection.ts';
