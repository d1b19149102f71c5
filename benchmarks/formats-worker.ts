// Reads a COCO file, or reads and writes it, in constant memory; prints the seconds and waits to be ended.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { formatNamed, type FileSource } from '@fovea/formats';
import { FileSpools } from '@fovea/server/archives';

const [what = '', file = ''] = process.argv.slice(2);
const coco = formatNamed('coco');
if (!coco?.read) throw new Error('COCO cannot be read.');
const name = basename(file);
const { size } = await stat(file);
const source: FileSource = {
  async *list() {
    yield { path: name, bytes: size };
  },
  open: (path) => (path === name ? createReadStream(file, { highWaterMark: 256 * 1024 }) : undefined),
};
const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
const spools = new FileSpools(folder);
const started = performance.now();
const reading = coco.read(source);
let count = 0;
if (what === 'read') for await (const item of reading.items) count += item.annotations.length;
else for await (const { bytes } of coco.write(reading.items, { labels: [] }, { spool: () => spools.create() }).pieces) count += bytes.length;
const seconds = (performance.now() - started) / 1_000;
await spools.close();
await rm(folder, { recursive: true, force: true });
process.stdout.write(`${JSON.stringify({ seconds, count })}\n`);
// Stays until it has been looked at.
setInterval(() => undefined, 1_000);
