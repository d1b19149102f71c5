// COCO in and out beside pycocotools' load and a bare walk over the same JSON, and what the memory does meanwhile.
import { spawn, spawnSync } from 'node:child_process';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fovea } from '@fovea/sdk';
import { pythonWith } from '../test/clients/python.ts';
import type { Figure, Scale } from './figure.ts';
import { startServed } from './served.ts';

const perImage = 20;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const annotations = scale === 'full' ? 1_000_000 : 50_000;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  try {
    const file = join(folder, 'instances.json');
    await writeCoco(file, annotations);
    const bytes = (await stat(file)).size;
    const bare = await timed(() => bareWalk(file));
    const reference = pycocotoolsLoad(file);
    const small = join(folder, 'small.json');
    await writeCoco(small, annotations / 4);
    const read = await inOwnProcess('read', file);
    const memory = read.peakBytes - (await inOwnProcess('read', small)).peakBytes;
    const written = await inOwnProcess('write', file);
    return [
      { bench: 'formats', figure: `COCO of ${count(annotations)} annotations, ${Math.round(bytes / 1024 ** 2)} MiB: bare walk over its JSON`, value: bare, unit: 's', goal: undefined, ok: undefined, n: 1 },
      ...(reference === undefined ? [] : [{ bench: 'formats', figure: "pycocotools' load of it", value: reference, unit: 's', goal: undefined, ok: undefined, n: 1 }]),
      { bench: 'formats', figure: 'read of it, checked item by item', value: read.seconds, unit: 's', goal: undefined, ok: undefined, n: 1 },
      ...(reference === undefined ? [] : [{ bench: 'formats', figure: "read of it, of pycocotools' load", value: reference / read.seconds, unit: '×', goal: '≥ 0.3', ok: reference / read.seconds >= 0.3, n: 1 }]),
      { bench: 'formats', figure: 'written again', value: written.seconds, unit: 's', goal: undefined, ok: undefined, n: 1 },
      { bench: 'formats', figure: 'memory of the reading, over that of a quarter', value: memory / 1024 ** 2, unit: 'MiB', goal: '< 128', ok: memory < 128 * 1024 ** 2, n: 1 },
      ...(await throughThePlatform({ folder, file, annotations, bare })),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Import into a dataset that has the items, and export of it, as users do them. */
async function throughThePlatform({ folder, file, annotations, bare }: { folder: string; file: string; annotations: number; bare: number }): Promise<Figure[]> {
  const served = await startServed(join(folder, 'data'));
  try {
    const fovea = new Fovea({ url: served.url, key: served.key, timeoutMs: 600_000 });
    const project = await fovea.projects.create({ name: 'Bench' });
    const dataset = await fovea.datasets.create({ project: project.id, name: 'labels' });
    const names = Array.from({ length: annotations / perImage }, (_, index) => ({ path: `/${imageName(index)}`, file: new Blob([`image ${index}`]) }));
    await fovea.items.uploadMany(dataset.id, names);
    const watched = async <T>(work: () => Promise<T>) => {
      const before = served.memoryBytes();
      let peak = before;
      const watch = setInterval(() => (peak = Math.max(peak, served.memoryBytes())), 100);
      const started = performance.now();
      const result = await work();
      clearInterval(watch);
      return { result, seconds: (performance.now() - started) / 1_000, growth: peak - before };
    };
    const imported = await watched(() => fovea.imports.createAndWait(dataset.id, file));
    if (imported.result.annotations.imported !== annotations) throw new Error(`Only ${imported.result.annotations.imported} annotations came in.`);
    const exported = await watched(() => fovea.exports.createAndWait(dataset.id, { format: 'coco' }));
    if (exported.result.report?.kept !== annotations) throw new Error(`Only ${exported.result.report?.kept} annotations went out.`);
    const rate = (seconds: number) => annotations / seconds;
    return [
      { bench: 'formats', figure: `import of ${count(annotations)} annotations`, value: rate(imported.seconds), unit: '1/s', goal: undefined, ok: undefined, n: 1 },
      { bench: 'formats', figure: 'import, of the bare walk', value: bare / imported.seconds, unit: '×', goal: undefined, ok: undefined, n: 1 },
      { bench: 'formats', figure: 'memory of the server while it imports', value: imported.growth / 1024 ** 2, unit: 'MiB', goal: '< 512', ok: imported.growth < 512 * 1024 ** 2, n: 1 },
      { bench: 'formats', figure: `export of ${count(annotations)} annotations`, value: rate(exported.seconds), unit: '1/s', goal: undefined, ok: undefined, n: 1 },
      { bench: 'formats', figure: 'memory of the server while it exports', value: exported.growth / 1024 ** 2, unit: 'MiB', goal: '< 256', ok: exported.growth < 256 * 1024 ** 2, n: 1 },
    ];
  } finally {
    await served.close();
  }
}

const count = (number: number) => number.toLocaleString('en');
const imageName = (index: number) => `${String(index % 100).padStart(2, '0')}/${String(index).padStart(8, '0')}.jpg`;

/** A COCO file as training sets look: boxes and outlines, the annotations of one image together. */
async function writeCoco(file: string, annotations: number): Promise<void> {
  function* text(): Generator<string> {
    yield '{"images":[';
    for (let image = 0; image < annotations / perImage; image++) yield `${image === 0 ? '' : ','}{"id":${image + 1},"file_name":"${imageName(image)}","width":1920,"height":1080}`;
    yield '],"annotations":[';
    for (let index = 0; index < annotations; index++) {
      const [x, y] = [(index * 37) % 1_800, (index * 91) % 1_000];
      const outline = `[[${[x, y, x + 60.5, y, x + 60.5, y + 40.25, x, y + 40.25].join(',')}]]`;
      yield `${index === 0 ? '' : ','}{"id":${index + 1},"image_id":${Math.floor(index / perImage) + 1},"category_id":${(index % 80) + 1},"bbox":[${x},${y},60.5,40.25],"area":2435.125,"iscrowd":0,"segmentation":${outline}}`;
    }
    yield `],"categories":[${Array.from({ length: 80 }, (_, index) => `{"id":${index + 1},"name":"label ${index}"}`).join(',')}]}`;
  }
  function* gathered(): Generator<string> {
    let parts: string[] = [];
    for (const part of text()) {
      parts.push(part);
      if (parts.length < 2_000) continue;
      yield parts.join('');
      parts = [];
    }
    yield parts.join('');
  }
  await pipeline(Readable.from(gathered()), createWriteStream(file));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return (performance.now() - started) / 1_000;
}

/** The least that any reader does: every byte looked at, strings told from brackets, each object of the top lists parsed. */
async function bareWalk(file: string): Promise<number> {
  let [depth, inString, isEscaped, objects] = [0, false, false, 0];
  let parts: Buffer[] = [];
  for await (const chunk of createReadStream(file, { highWaterMark: 256 * 1024 })) {
    const bytes = chunk as Buffer;
    let start = depth >= 3 ? 0 : -1;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (inString) {
        if (isEscaped) isEscaped = false;
        else if (byte === 0x5c) isEscaped = true;
        else if (byte === 0x22) inString = false;
      } else if (byte === 0x22) inString = true;
      else if (byte === 0x7b || byte === 0x5b) {
        if (++depth === 3) start = at;
      } else if (byte === 0x7d || byte === 0x5d) {
        if (depth-- !== 3) continue;
        parts.push(bytes.subarray(start, at + 1));
        JSON.parse(Buffer.concat(parts).toString());
        [parts, start] = [[], -1];
        objects += 1;
      }
    }
    if (start >= 0) parts.push(bytes.subarray(start));
  }
  return objects;
}

function pycocotoolsLoad(file: string): number | undefined {
  const found = pythonWith(['pycocotools==2.0.11', 'supervision==0.31.2']);
  if ('missing' in found) {
    console.error(`Without pycocotools: ${found.missing}`);
    return undefined;
  }
  const code = 'import sys, time; from pycocotools.coco import COCO; t = time.perf_counter(); COCO(sys.argv[1]); print("seconds", time.perf_counter() - t)';
  const { stdout } = spawnSync(found.python, ['-c', code, file], { encoding: 'utf8' });
  return Number(/seconds ([\d.]+)/.exec(stdout)?.[1]);
}

/** In a process of its own, so that the memory is that of this work alone. */
async function inOwnProcess(what: 'read' | 'write', file: string): Promise<{ seconds: number; peakBytes: number }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'formats-worker.ts'), what, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface({ input: child.stdout })) {
    const { seconds } = JSON.parse(line) as { seconds: number };
    const peakBytes = Number(/^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1_024;
    child.kill();
    return { seconds, peakBytes };
  }
  throw new Error(`The ${what} of ${file} ended without a word.`);
}
