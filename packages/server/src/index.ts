export { startPlatform, startWorker, roles, type Role, type Running, type ServeOptions } from './main/serve.ts';
export { backup, migrateBlobs, restore, type BackupResult } from './main/backup.ts';
export { checkStorage, type StorageFault, type StorageReport } from './main/deep.ts';
export { ConfigError } from './main/config.ts';
export { version } from './main/system-pages.ts';
export { InputError, readAnalyticFolder, tryLocally, type TryResult } from './main/try.ts';
