// Consensus and known answers on every kind of media: switched on over work that is done already, and taken back. (NIfTI: quality.test.ts.)
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawDicomSeries, drawVideo } from '../../media/samples/index.ts';
import { startTestPlatform, type TestPlatform } from '../../testing/platform.ts';

type Geometry = { type: string; [key: string]: unknown };
type Drawn = { geometry: Geometry; [key: string]: unknown };

let fovea: TestPlatform;
let project: string;
let people: { key: string; email: string }[];
beforeAll(async () => {
  fovea = await startTestPlatform();
  project = (await fovea.call('POST', '/v1/projects', { body: { name: 'kinds' } })).body.id;
  const { id: orgId } = (await fovea.call('GET', '/v1/me')).body.organization;
  people = [];
  for (let index = 0; index < 3; index++) people.push(await fovea.person({ orgId, project: { id: project, role: 'annotator' } }));
});
afterAll(() => fovea.close());

const ascii = (text: string) => new TextEncoder().encode(text);
const box = (x: number): Geometry => ({ type: 'box', x, y: 4, width: 10, height: 10 });
const still = (x: number, more: object = {}): Drawn => ({ geometry: box(x), ...more });
/** A track by its key frames. */
const track = (keyframes: [frame: number, x: number][]): Drawn => ({ geometry: box(keyframes[0]?.[1] ?? 0), frame: keyframes[0]?.[0] ?? 0, endFrame: 9, keyframes: keyframes.map(([frame, x]) => ({ frame, geometry: box(x) })) });
const span = (text: string, start: number): Drawn => ({ geometry: { type: 'text', text, start, end: start + text.length } });
const whole = (label: string): Drawn => ({ label, geometry: { type: 'classification' } });
const cuboid = (x: number): Drawn => ({ geometry: { type: 'cuboid', center: [x, 0, 0], size: [4, 2, 2], rotation: [0, 0, 0] } });

/** The kind, a file of it, what each of three people say of it (the third is careless), what two of three agree on, and of how many people it is made. */
const kinds: [kind: string, name: string, bytes: () => Promise<Uint8Array>, said: [Drawn, Drawn, Drawn], merged: object, votes?: number][] = [
  ['image', 'a.png', async () => sharp({ create: { width: 64, height: 48, channels: 3, background: '#456' } }).png().toBuffer(), [still(10), still(12), still(40)], { geometry: { x: 11 } }],
  [
    'video', 'a.webm', async () => (await drawVideo({ seconds: 1, fps: 10, width: 64, height: 48, seed: 1 })).bytes,
    [track([[0, 10], [9, 28]]), track([[0, 11], [4, 19], [9, 29]]), track([[0, 50]])],
    { frame: 0, endFrame: 9, geometry: { x: 10.5 }, keyframes: [{ frame: 0, geometry: { x: 10.5 } }, { frame: 4, geometry: { x: 18.5 } }, { frame: 9, geometry: { x: 28.5 } }] },
  ],
  ['dicom', 'a.dcm', async () => (await drawDicomSeries({ slices: 1, seed: 1 }).next()).value?.bytes, [still(10, { frame: 0 }), still(12, { frame: 0 }), still(40, { frame: 0 })], { frame: 0, geometry: { x: 11 } }],
  ['text', 'a.txt', async () => ascii('A cat sat on a mat.'), [span('cat', 2), span('cat', 2), span('mat', 15)], { geometry: { text: 'cat', start: 2 } }],
  ['pdf', 'a.pdf', async () => ascii('%PDF-1.4\n1 0 obj<</Type/Pages/Count 1>>endobj\ntrailer<<>>\n%%EOF'), [whole('letter'), whole('letter'), whole('bill')], { label: 'letter' }, 3],
  ['audio', 'a.wav', async () => new Uint8Array(Buffer.from('524946460000000057415645666d7420', 'hex')), [whole('speech'), whole('speech'), whole('music')], { label: 'speech' }, 3],
  ['other', 'a.pcd', async () => Uint8Array.from([...ascii('VERSION .7\nDATA binary\n'), 0, 1, 2, 3, 255, 254, 0, 0]), [cuboid(0), cuboid(0.2), cuboid(9)], { geometry: { type: 'cuboid' } }],
];

test.each(kinds)('%s: what several people say is compared, merged and measured by a known answer, and all of it is taken back', async (kind, name, bytes, said, merged, votes = 2) => {
  const dataset = (await fovea.call('POST', '/v1/datasets', { body: { project, name: kind } })).body.id;
  const [item, gold] = [await upload(dataset, `/open/${name}`, await bytes()), await upload(dataset, `/known/${name}`, await bytes())];
  const content = (drawn: Drawn) => ({ type: drawn.geometry.type, label: 'x', ...drawn });
  expect((await fovea.call('GET', `/v1/items/${item}`)).body.kind).toBe(kind);
  const [truth] = said;
  expect((await fovea.call('POST', `/v1/items/${gold}/annotations`, { body: { annotations: [content(truth)] } })).status).toBe(201);
  const batch = (await fovea.call('POST', '/v1/batches', { body: { project, name: kind, dataset, filter: { path: `/open/${name}` } } })).body.id;
  await fovea.call('POST', `/v1/batches/${batch}/finalize`);
  // Consensus is switched on while the batch is open, and known items are mixed in.
  expect((await fovea.call('PATCH', `/v1/batches/${batch}`, { body: { settings: { people: 3 } } })).status).toBe(200);
  expect((await fovea.call('POST', `/v1/batches/${batch}/honeypots`, { body: { filter: { path: `/known/${name}` }, copies: 3 } })).body).toEqual({ added: 3 });
  for (const [index, person] of people.entries()) expect([person.email, await work(person, batch, content(said[index] ?? truth))]).toEqual([person.email, 2]);

  const report = (await fovea.call('GET', `/v1/batches/${batch}/quality`)).body;
  expect(report.itemCount).toBe(1);
  expect(people.map(({ email }) => report.people.find(({ by }: any) => by === email).f1)).toEqual([1, 1, 0]);
  const before = await labels(item);
  expect(before).toHaveLength(3);
  const command = (await fovea.call('POST', `/v1/batches/${batch}/consensus`, { body: {} })).body;
  expect((await fovea.call('GET', `/v1/commands/${command.id}?waitSeconds=60`)).body).toMatchObject({ status: 'complete', result: { items: 1, annotations: 1 } });
  const after = await labels(item);
  expect(after).toHaveLength(1);
  expect(after[0]).toMatchObject({ type: truth.geometry.type, metadata: { consensus: { votes } }, ...merged });
  expect((await fovea.call('DELETE', `/v1/batches/${batch}/consensus`)).body).toEqual({ items: 1 });
  expect((await labels(item)).map((one: any) => [one.id, one.geometry, one.keyframes])).toEqual(before.map((one: any) => [one.id, one.geometry, one.keyframes]));
  expect((await labels(gold)).map((one: any) => one.geometry)).toEqual([truth.geometry]);
});

async function upload(dataset: string, path: string, body: Uint8Array): Promise<string> {
  const { id } = (await fovea.call('POST', `/v1/datasets/${dataset}/items?path=${path}`, { body })).body.item;
  return (await fovea.probed(id)).id;
}

const labels = async (item: string): Promise<any[]> => (await fovea.call('GET', `/v1/items/${item}/annotations`)).body.data;

/** Has a person say the same of every item they get; gives how many these were. */
async function work(person: { key: string }, batch: string, drawn: object): Promise<number> {
  for (let done = 0; ; done++) {
    const { task, lease } = (await fovea.call('POST', `/v1/projects/${project}/tasks/claim`, { key: person.key, body: { batch } })).body;
    if (!task) return done;
    const made = await fovea.call('POST', `/v1/items/${task.itemId}/annotations?task=${task.id}`, { key: person.key, body: { annotations: [drawn] } });
    expect([made.status, made.body.errors]).toEqual([201, undefined]);
    expect((await fovea.call('POST', `/v1/tasks/${task.id}/submit`, { key: person.key, body: { lease } })).status).toBe(200);
  }
}
