// A million claims by fifty people at once: is any task given to two of them? Through the platform's own service in several processes, as a
// request each would take hours; commits do not wait for the disk here, which changes nothing of who gets what.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import sql, { raw } from 'sql-template-tag';
import type { Figure } from './figure.ts';
import type { Database } from '../packages/server/src/engines/database/database.ts';

const processes = 2;
const people = 50;

/** Makes so many tasks in an open batch and has them all pulled; counts those that came twice. */
export async function claimAll({ db, folder, project, batch, claims }: { db: Database; folder: string; project: string; batch: string; claims: number }): Promise<Figure[]> {
  await db.run(raw('alter database fovea set synchronous_commit = off'));
  await makeTasks(db, batch, claims);
  const seen = new Set<string>();
  let taken = 0;
  const started = performance.now();
  await Promise.all(Array.from({ length: processes }, async (_, name) => {
    const worker = spawn(process.execPath, [join(import.meta.dirname, 'claims-worker.ts'), folder, project, String(people / processes), String(name)], { stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = once(worker, 'exit') as Promise<[number | null]>;
    for await (const id of createInterface({ input: worker.stdout })) {
      taken += 1;
      seen.add(id);
      if (taken % 20_000 === 0) console.error(`${taken.toLocaleString('en')} claims in ${Math.round((performance.now() - started) / 1_000)} s, ${taken - seen.size} of them of a task that was taken`);
    }
    const [code] = await ended;
    if (code !== 0) throw new Error(`A puller ended with ${code}.`);
  }));
  const seconds = (performance.now() - started) / 1_000;
  await db.run(raw('alter database fovea reset synchronous_commit'));
  const { left } = await db.one<{ left: number }>(sql`select count(*) as left from tasks where batch_id = ${batch} and status = 'pending'`);
  const figure = (name: string, value: number, unit: string, goal?: string, ok?: boolean): Figure => ({ bench: 'labeling', figure: name, value, unit, goal, ok, n: taken });
  return [
    figure(`claims of ${claims.toLocaleString('en')} tasks by ${people} people in ${processes} processes, without HTTP`, taken, '', `= ${claims}`, taken === claims && left === 0),
    figure('tasks given to two people', taken - seen.size, '', '0', taken === seen.size),
    figure('  claims', taken / seconds, '/s'),
  ];
}

const stepTasks = 50_000;

async function makeTasks(db: Database, batch: string, count: number): Promise<void> {
  for (let from = 1; from <= count; from += stepTasks) {
    await db.run(sql`insert into tasks (id, org_id, project_id, batch_id, item_id, type, created_by, priority)
      select fovea_new_id(), b.org_id, b.project_id, b.id, null, 'annotation', b.created_by, n % 3
      from batches b, generate_series(${from}::int, ${Math.min(count, from + stepTasks - 1)}::int) n where b.id = ${batch}`);
  }
  await db.run(raw('analyze tasks'));
}
