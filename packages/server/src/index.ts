export { startPlatform, startWorker, roles, type Role, type Running, type ServeOptions } from './main/serve.ts';
export { ConfigError } from './main/config.ts';
export { version } from './main/system-pages.ts';
export { tryLocally, type TryResult } from './compute/try.ts';
export { readAnalyticFolder } from '@fovea/analytics/folder.ts';
export { InputError } from '@fovea/analytics/analytic.ts';
