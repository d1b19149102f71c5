// DICOM files of 512 × 512 through the vendor's Python client and through the same requests made here, beside the native SDK; the archive of a
// dataset beside a bare file server.
import { spawnSync } from 'node:child_process';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fovea } from '@fovea/sdk';
import { sampleCt, sampleFile, type SampleElement } from '../packages/medical/src/dicom/sample-files.ts';
import { newestClient } from '../test/clients/datamint/environment.ts';
import { median, times, type Figure, type Scale } from './figure.ts';
import { startServed, type Served } from './served.ts';

/** As many uploads as the guide's client has under way. */
const lanes = 10;
const runs = 5;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 1_000 : 100;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-'));
  const served = await startServed(join(folder, 'data'));
  try {
    const fovea = new Fovea({ url: served.url, key: served.key });
    const project = await fovea.projects.create({ name: 'Bench' });
    const native = async (round: string) => {
      const dataset = await fovea.datasets.create({ project: project.id, name: round });
      return fovea.items.uploadMany(dataset.id, await drawScans(join(folder, round), count), { concurrency: lanes });
    };
    // Once beforehand, so that neither begins cold.
    await native('warm');
    await throughDoor(served, join(folder, 'warm'));
    const before = await timed(() => drawScans(join(folder, 'before'), count), () => native('before'));
    const door = await timed(() => drawScans(join(folder, 'door'), count), () => throughDoor(served, join(folder, 'door')));
    const client = await throughClient(served, folder, count);
    const after = await timed(() => drawScans(join(folder, 'after'), count), () => native('after'));
    const sdk = (before + after) / 2;
    const figure = (name: string, value: number, unit: string, n: number): Figure => ({ bench: 'datamint', figure: name, value, unit, goal: undefined, ok: undefined, n });
    return [
      figure('DICOMs of 512 × 512 by the native SDK', count / sdk, '/s', count),
      figure('  through the door, ten requests at a time', count / door, '/s', count),
      figure('  through the door, of the native SDK', sdk / door, '×', count),
      ...(client === undefined ? [] : [figure('  by the Python client', count / client, '/s', count), figure('  by the Python client, of the native SDK', sdk / client, '×', count)]),
      ...(await downloads(served, folder, figure)),
    ];
  } finally {
    await served.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function timed(prepare: () => Promise<unknown>, work: () => Promise<unknown>): Promise<number> {
  await prepare();
  const [seconds = Number.NaN] = await times(1, work);
  return seconds;
}

/** Slices that differ from folder to folder and from one another. Gives the folder; files that are there stay. */
async function drawScans(folder: string, count: number): Promise<string> {
  if ((await readdir(folder).catch(() => [])).length === count) return folder;
  await mkdir(folder, { recursive: true });
  const pixels = Buffer.alloc(512 * 512 * 2);
  for (let at = 0; at < 512 * 512; at++) pixels.writeUInt16LE((at * 7 + (at >> 9) * 13) % 4_096, at * 2);
  for (let slice = 0; slice < count; slice++) {
    Buffer.from(`${folder} ${slice}`).copy(pixels);
    const elements = sampleCt({ rows: 512, columns: 512, slice, seriesUid: `1.2.826.0.1.${folder.length}.${Date.now()}` }).map((element): SampleElement => (element[0] === 0x7fe00010 ? [element[0], 'OW', pixels] : element));
    await writeFile(join(folder, `${String(slice).padStart(4, '0')}.dcm`), sampleFile(elements));
  }
  return folder;
}

/** The requests of the client, made here: its own share of the time left out. */
async function throughDoor(served: Served, folder: string): Promise<void> {
  const names = (await readdir(folder)).values();
  const lane = async () => {
    for (const name of names) {
      const form = new FormData();
      form.set('source', 'api');
      form.set('resource', new Blob([await readFile(join(folder, name))], { type: 'application/dicom' }), name);
      const answer = await fetch(`${served.url}/datamint/resources`, { method: 'POST', headers: { apikey: served.key }, body: form });
      if (!answer.ok) throw new Error(`An upload answered ${answer.status}: ${await answer.text()}`);
      await answer.arrayBuffer();
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
}

const program = `
import glob, sys, time
from datamint.api.client import Api
url, key, folder = sys.argv[1:]
api = Api(server_url=url, api_key=key)
files = sorted(glob.glob(folder + "/*.dcm"))
started = time.perf_counter()
api.resources.upload_resources(files, assemble_dicoms=False)
print(time.perf_counter() - started)
`;

/** Seconds that the client needs, its start left out; undefined where it cannot be installed. */
async function throughClient(served: Served, folder: string, count: number): Promise<number | undefined> {
  const client = newestClient();
  if ('missing' in client) {
    console.error(client.missing);
    return undefined;
  }
  const { status, stdout, stderr } = spawnSync(client.python, ['-c', program, `${served.url}/datamint`, served.key, await drawScans(join(folder, 'client'), count)], { encoding: 'utf8', env: { ...process.env, HOME: folder } });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout.trim().split('\n').at(-1));
}

/** The archive of the door's scans, of a server that does nothing but send a file of its size. */
async function downloads(served: Served, folder: string, figure: (name: string, value: number, unit: string, n: number) => Figure): Promise<Figure[]> {
  const headers = { apikey: served.key };
  const ask = async <T>(path: string, init: RequestInit = {}): Promise<T> => (await fetch(`${served.url}/datamint${path}`, { ...init, headers: { ...headers, authorization: `Bearer ${served.key}`, 'content-type': 'application/json' } })).json() as Promise<T>;
  const { data } = await ask<{ data: [{ resources: { id: string }[] }] }>('/resources?status=&limit=5000');
  const { dataset_id: dataset } = await ask<{ dataset_id: string }>('/projects', { method: 'POST', body: JSON.stringify({ name: 'Bench', description: '', resource_ids: data[0].resources.map(({ id }) => id) }) });
  const archive = join(folder, 'archive.zip');
  const token = await ask<string>(`/datasets/${dataset}/download/dicom`);
  const fetchAll = async (url: string) => {
    let bytes = 0;
    for await (const chunk of (await fetch(url, { headers })).body ?? []) bytes += chunk.length;
    return bytes;
  };
  const zip = `${served.url}/datamint/datasets/download/${token}`;
  await writeFile(archive, Buffer.from(await (await fetch(zip, { headers })).arrayBuffer()));
  const { size } = await stat(archive);
  const bare = createServer((_request, response) => void createReadStream(archive).pipe(response.setHeader('content-length', size)));
  await new Promise<void>((resolve) => void bare.listen(0, '127.0.0.1', resolve));
  try {
    const [fromBare, fromDoor]: [number[], number[]] = [[], []];
    for (let run = 0; run < runs; run++) {
      fromBare.push(...(await times(1, () => fetchAll(`http://127.0.0.1:${(bare.address() as AddressInfo).port}/`))));
      fromDoor.push(...(await times(1, () => fetchAll(zip))));
    }
    return [figure('archive of a dataset', size / 1e6 / median(fromDoor), 'MB/s', runs), figure('archive of a dataset, of a bare file server', median(fromBare) / median(fromDoor), '×', runs)];
  } finally {
    bare.closeAllConnections();
    bare.close();
  }
}
