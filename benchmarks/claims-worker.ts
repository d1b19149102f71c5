// People who pull tasks through the platform's own service, without HTTP, until there is none left: one line for each claim, the id of the task.
import { join } from 'node:path';
import { scopes } from '@fovea/contract';
import { pino } from 'pino';
import sql from 'sql-template-tag';
import { diskBlobs } from '../packages/server/src/engines/blobs/disk.ts';
import { systemClock } from '../packages/server/src/engines/clock.ts';
import { embeddedConnection } from '../packages/server/src/engines/database/embedded.ts';
import { connectDatabase } from '../packages/server/src/engines/database/postgres.ts';
import { safeOutbound } from '../packages/server/src/engines/outbound/safe-outbound.ts';
import type { Queue } from '../packages/server/src/engines/queue/queue.ts';
import type { Caller } from '../packages/server/src/identity/caller.ts';
import { compose } from '../packages/server/src/main/compose.ts';

const [folder = '', project = '', people = '1', name = ''] = process.argv.slice(2);
const connection = embeddedConnection(join(folder, 'postgres'));
if (!connection) throw new Error('The platform has no embedded database.');
const db = await connectDatabase({ ...connection, poolSize: Number(people) });
// A claim sends nothing to the queue: whatever would is a fault of this benchmark.
const queue = new Proxy({} as Queue, { get: (_target, verb) => () => Promise.reject(new Error(`${String(verb)} of the queue is not for this benchmark.`)) });
const platform = compose(
  { db, blobs: await diskBlobs({ root: join(folder, 'blobs') }), queue, outbound: safeOutbound({ allowPrivateNetwork: false }), clock: systemClock, logger: pino({ level: 'silent' }) },
  { publicUrl: () => '', secret: 'a secret of benchmarks, long enough to sign', maxUploadBytes: 1, uploadsDir: folder, allowPrivateNetwork: false },
);
const { org_id: orgId } = await db.one<{ org_id: string }>(sql`select org_id from projects where id = ${project}`);
const { id: userId } = await db.one<{ id: string }>(sql`select id from users where org_id = ${orgId} order by id limit 1`);

let lines: string[] = [];
const flush = () => {
  if (lines.length > 0) process.stdout.write(`${lines.join('\n')}\n`);
  lines = [];
};
await Promise.all(Array.from({ length: Number(people) }, async (_, person) => {
  const caller: Caller = { orgId, userId, email: `puller-${name}-${person}@example.com`, admin: true, scopes: new Set(scopes), onlyProjectId: null, test: false, keyId: null };
  for (;;) {
    const { task } = await platform.rooms.tasks.claim(caller, project, { review: false });
    if (!task) return;
    lines.push(task.id);
    if (lines.length >= 500) flush();
  }
}));
flush();
await db.close();
