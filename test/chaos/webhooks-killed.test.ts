// Webhooks of a platform that is killed three times in mid-stream, to a receiver of which a fifth of the answers fail.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { numbersByThing, toldWhileKilled } from './told-while-killed.ts';

const dataDir = mkdtempSync(join(tmpdir(), 'fovea-chaos-'));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

test('every event arrives at least once, signed, and the numbers tell the order of what happened to each thing', { timeout: 300_000 }, async () => {
  const { happened, heard, refused } = await toldWhileKilled({ dataDir, things: 30, changes: 9, kills: 3, waitMs: 180_000 });
  expect(happened.length).toBeGreaterThanOrEqual(300);
  expect(refused).toBeGreaterThan(30);
  const heardIds = new Set(heard.map(({ id }) => id));
  expect(happened.filter(({ id }) => !heardIds.has(id))).toEqual([]);
  expect(numbersByThing(heard)).toEqual(numbersByThing(happened));
  // What the numbers say is what happened: made first, then the changes as they were made.
  for (const of of Map.groupBy(heard, ({ subject }) => subject.id).values()) expect(of.toSorted((a, b) => a.seq - b.seq)[0]?.type).toBe('dataset.created');
});
