// Upload through HTTP beside the bare work: the same bytes hashed, written, flushed.
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { median, type Figure, type Scale } from './figure.ts';
import { startServed } from './served.ts';

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(join(folder, 'data'));
  try {
    const fovea = new Fovea({ url: served.url, key: served.key, timeoutMs: 600_000 });
    const project = await fovea.projects.create({ name: 'Bench' });
    return [...(await largeFile(fovea, project.id, folder, served, scale)), ...(await smallFiles(fovea, project.id, folder, scale))];
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function largeFile(fovea: Fovea, project: string, folder: string, served: { memoryBytes(): number }, scale: Scale): Promise<Figure[]> {
  const mebibytes = scale === 'full' ? 1_024 : 128;
  const ratios: number[] = [];
  let growth = 0;
  const runs = 3;
  for (let run = 0; run < runs; run++) {
    const dataset = await fovea.datasets.create({ project, name: `large ${run}` });
    const file = join(folder, 'large');
    await writeFile(file, '');
    const handle = await open(file, 'a');
    // Other bytes each time, as the store keeps equal ones once.
    for (let block = 0; block < mebibytes; block++) await handle.write(randomBytes(1024 * 1024));
    await handle.sync();
    await handle.close();
    const bare = await bareCopy(file, join(folder, 'bare'));
    const before = served.memoryBytes();
    let peak = before;
    const watch = setInterval(() => (peak = Math.max(peak, served.memoryBytes())), 20);
    const started = performance.now();
    await fovea.items.upload(dataset.id, file, { path: '/large' });
    ratios.push(bare / ((performance.now() - started) / 1_000));
    clearInterval(watch);
    growth = Math.max(growth, peak - before);
  }
  const ratio = median(ratios);
  return [
    { bench: 'upload', figure: `one file of ${mebibytes} MiB through HTTP, of bare`, value: ratio, unit: '×', goal: '≥ 0.6', ok: ratio >= 0.6, n: runs },
    { bench: 'upload', figure: 'memory of the server while it comes', value: growth / 1024 ** 2, unit: 'MiB', goal: '< 64', ok: growth < 64 * 1024 ** 2, n: runs },
  ];
}

/** Read, hash, write, flush, rename: what the platform must do at the least. */
async function bareCopy(from: string, to: string): Promise<number> {
  const started = performance.now();
  const hash = createHash('sha256');
  const handle = await open(`${to}.tmp`, 'w');
  for await (const chunk of createReadStream(from)) {
    hash.update(chunk as Buffer);
    await handle.write(chunk as Buffer);
  }
  hash.digest();
  await handle.sync();
  await handle.close();
  await rename(`${to}.tmp`, to);
  return (performance.now() - started) / 1_000;
}

const smallBytes = 20_000;

async function smallFiles(fovea: Fovea, project: string, folder: string, scale: Scale): Promise<Figure[]> {
  const figures: Figure[] = [];
  const perFile: number[] = [];
  for (const count of scale === 'full' ? [1_000, 10_000, 50_000] : [1_000, 2_000, 4_000]) {
    const contents = Array.from({ length: count }, () => randomBytes(smallBytes));
    const bareFolder = join(folder, `bare-${count}`);
    await mkdir(bareFolder);
    const bareStarted = performance.now();
    await bareWrites(bareFolder, contents);
    const bare = (performance.now() - bareStarted) / 1_000;
    const dataset = await fovea.datasets.create({ project, name: `small ${count}` });
    const started = performance.now();
    await fovea.items.uploadMany(dataset.id, contents.map((file, index) => ({ path: `/small/${index}`, file })));
    const seconds = (performance.now() - started) / 1_000;
    perFile.push(seconds / count);
    const ratio = bare / seconds;
    const goal = count === 10_000 || scale === 'quick';
    figures.push({ bench: 'upload', figure: `${count.toLocaleString('en')} files of 20 kB, of bare writes`, value: ratio, unit: '×', goal: goal ? '≥ 0.5' : undefined, ok: goal ? ratio >= 0.5 : undefined, n: count });
    figures.push({ bench: 'upload', figure: `  the same, files a second`, value: count / seconds, unit: '/s', goal: undefined, ok: undefined, n: count });
    await rm(bareFolder, { recursive: true });
  }
  const growth = (perFile.at(-1) ?? 0) / (perFile[0] ?? 1);
  figures.push({ bench: 'upload', figure: 'cost of a file, most against fewest', value: growth, unit: '×', goal: '≤ 1.5', ok: growth <= 1.5, n: perFile.length });
  return figures;
}

/** The same durability: each file hashed, written to a temporary name, flushed, renamed; the folder flushed once a hundred; sixteen at a time. */
async function bareWrites(folder: string, contents: readonly Buffer[]): Promise<void> {
  for (let start = 0; start < contents.length; start += 100) {
    const group = contents.slice(start, start + 100);
    for (let at = 0; at < group.length; at += 16) {
      await Promise.all(
        group.slice(at, at + 16).map(async (content) => {
          const name = join(folder, createHash('sha256').update(content).digest('hex'));
          const handle = await open(`${name}.tmp`, 'w');
          await handle.writeFile(content);
          await handle.datasync();
          await handle.close();
          await rename(`${name}.tmp`, name);
        }),
      );
    }
    const handle = await open(folder, 'r');
    await handle.sync();
    await handle.close();
  }
}
