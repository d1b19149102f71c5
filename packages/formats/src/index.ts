export type * from './dataset.ts';
export { FormatError } from './dataset.ts';
export * from './files.ts';
export * from './paths.ts';
export * from './report.ts';
export * from './table.ts';
export * from './formats.ts';
