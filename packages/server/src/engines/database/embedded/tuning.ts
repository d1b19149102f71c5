import { totalmem } from 'node:os';

export type Durability = 'safe' | 'fast';

/**
 * Settings for a server that shares its machine with the rest of the platform. `fast` gives up durability, for tests of other things.
 * Memory is what the machine or its container has.
 */
export function serverSettings(socketFolder: string, durability: Durability): string[] {
  const limit = process.constrainedMemory();
  const memoryMb = (limit > 0 ? Math.min(limit, totalmem()) : totalmem()) / 1024 ** 2;
  const share = (part: number, least: number, most: number) =>
    `${Math.round(Math.min(Math.max(memoryMb * part, least), most))}MB`;
  const settings: Record<string, string | number> = {
    listen_addresses: '',
    port: 5432,
    unix_socket_directories: socketFolder,
    unix_socket_permissions: '0700',
    max_connections: 100,
    shared_buffers: share(1 / 8, 64, 2_048),
    effective_cache_size: share(1 / 2, 128, 65_536),
    maintenance_work_mem: share(1 / 32, 64, 512),
    work_mem: '16MB',
    // No replica follows an embedded server, and bulk loads into new tables then need no log.
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '2GB',
    wal_compression: 'on',
    random_page_cost: 1.1,
    jit: 'off',
    log_destination: 'stderr',
    log_checkpoints: 'off',
    timezone: 'UTC',
    ...(durability === 'fast'
      ? { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', autovacuum: 'off' }
      : {}),
  };
  return Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}
