export * from './ids.ts';
export * from './errors.ts';
export * from './operation.ts';
export * from './primitives.ts';
export * from './annotation-geometry.ts';
export * from './analytic-manifest.ts';
