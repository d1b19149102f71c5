import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import type { DataSet } from '@fovea/medical/dicom/dataset.ts';
import { decompressDicom } from '@fovea/medical/dicom/decompress.ts';
import { readUntilPixels } from '@fovea/medical/dicom/frame-file.ts';
import { fileJson } from '@fovea/medical/dicom/json-model.ts';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { renderDicomFrame, type RenderOptions } from '@fovea/medical/dicom/render.ts';
import { transferSyntaxOf } from '@fovea/medical/dicom/transfer-syntax.ts';
import type { StoredItem } from '../../catalog/items/store.ts';
import { readable } from '../../catalog/scans/readable.ts';
import { Fault } from '../../fault.ts';
import { choose, NotAcceptable, type Accepted } from './accept.ts';
import { retrieveUrl } from './attributes.ts';
import type { DicomWebCall, DicomWebDeps } from './context.ts';
import { nativeFrame, storedFrame, storedType } from './frames.ts';
import { sendParts, type Part } from './multipart.ts';

const explicitLittleEndian = '1.2.840.10008.1.2.1';

/** The instances of a study, a series, or one: as they are stored, or uncompressed where that was asked for (PS3.18 section 10.4). */
export async function sendInstances({ rooms }: DicomWebDeps, call: DicomWebCall, accepted: readonly Accepted[], reply: FastifyReply): Promise<void> {
  const items = await rooms.objects.instances(call.caller, { ...call.params, datasetId: call.datasetId });
  const { transferSyntax = explicitLittleEndian, multipart } = choose(accepted, ['application/dicom']);
  const bytesOf = (item: StoredItem): Promise<{ bytes: Uint8Array; syntax: string }> =>
    rooms.scans.withFile(item.sha256, async (path) => asAsked(new Uint8Array(await readFile(path)), transferSyntax));
  const [only] = items;
  if (!multipart && only) {
    if (items.length > 1) throw new NotAcceptable('Several instances are given as multipart/related; type="application/dicom".');
    const { bytes } = await bytesOf(only);
    await reply.headers({ 'content-type': 'application/dicom', 'content-security-policy': 'sandbox', 'content-disposition': 'attachment' }).send(Buffer.from(bytes));
    return;
  }
  async function* parts(): AsyncGenerator<Part> {
    for (const item of items) {
      const { bytes, syntax } = await bytesOf(item);
      yield { mediaType: `application/dicom; transfer-syntax=${syntax}`, bytes, location: retrieveUrl(call.base, item.summary, 'instance') };
    }
  }
  await sendParts(reply, 'application/dicom', parts());
}

/** Native files stay as they are, whatever their byte order: their syntax is told. */
async function asAsked(bytes: Uint8Array, wanted: string): Promise<{ bytes: Uint8Array; syntax: string }> {
  const stored = parseDicom(bytes, { stopAtPixelData: true }).transferSyntax;
  if (wanted === '*' || wanted === stored.uid || stored.compression === 'none') return { bytes, syntax: stored.uid };
  if (transferSyntaxOf(wanted).compression !== 'none') throw new NotAcceptable(`The instance is stored in ${stored.name}; it is given so (transfer-syntax=*) or uncompressed.`);
  return { bytes: await decompressDicom(bytes), syntax: explicitLittleEndian };
}

/** The headers in the DICOM JSON model, larger binary values by address. */
export async function sendMetadata({ rooms }: DicomWebDeps, call: DicomWebCall, reply: FastifyReply): Promise<void> {
  const items = await rooms.objects.instances(call.caller, { ...call.params, datasetId: call.datasetId });
  async function* text(): AsyncGenerator<string> {
    for (const [index, item] of items.entries()) {
      const address = `${retrieveUrl(call.base, item.summary, 'instance')}/bulkdata`;
      const header = await rooms.scans.withFile(item.sha256, async (path) => fileJson(await readUntilPixels(path), { maxInlineBytes: 256, bulkDataUri: (at) => `${address}/${at.join('/')}` }));
      // Small pixels would stand inline; they are bulk data all the same.
      const pixels = header['7FE00010'];
      if (pixels) header['7FE00010'] = { vr: pixels.vr, BulkDataURI: `${address}/7FE00010` };
      yield `${index === 0 ? '[' : ','}${JSON.stringify(header)}`;
    }
    yield ']';
  }
  await reply.header('content-type', 'application/dicom+json').send(Readable.from(text(), { objectMode: false }));
}

async function one({ rooms }: DicomWebDeps, call: DicomWebCall): Promise<StoredItem> {
  const [item] = await rooms.objects.instances(call.caller, { ...call.params, datasetId: call.datasetId });
  if (!item) throw new Error('Instances were found without one.');
  return item;
}

/** Numbers from 1, as they stand in the address: `1,3`. Given from 0. */
function frameNumbers(text = '1'): number[] {
  const numbers = text.split(/,|%2C/i).map(Number);
  if (numbers.some((number) => !Number.isInteger(number) || number < 1)) throw new Fault('invalid_request', 'Frames are numbers from 1, with commas between them.');
  return numbers.map((number) => number - 1);
}

/** Frames as native pixels, or as they are stored where their media type or any syntax was asked for. */
export async function sendFrames(deps: DicomWebDeps, call: DicomWebCall, accepted: readonly Accepted[], reply: FastifyReply): Promise<void> {
  const item = await one(deps, call);
  const numbers = frameNumbers(call.params.frames);
  const file = await deps.rooms.scans.withFile(item.sha256, async (path) => parseDicom(new Uint8Array(await readFile(path))));
  const stored = storedType(file);
  const { offer, transferSyntax } = choose(accepted, ['application/octet-stream', ...(stored === undefined ? [] : [stored])]);
  const asStored = stored !== undefined && (offer === stored || transferSyntax === '*' || transferSyntax === file.transferSyntax.uid);
  const mediaType = asStored ? `${stored}; transfer-syntax=${file.transferSyntax.uid}` : 'application/octet-stream';
  async function* parts(): AsyncGenerator<Part> {
    for (const frame of numbers) {
      const bytes = await readable(() => (asStored ? storedFrame(file, frame) : nativeFrame(file, frame)));
      yield { mediaType, bytes, location: `${retrieveUrl(call.base, item.summary, 'instance')}/frames/${frame + 1}` };
    }
  }
  await sendParts(reply, asStored ? stored : 'application/octet-stream', parts());
}

/** A frame as a picture (PS3.18 section 8.3.5): `window=center,width,function`, `viewport=width,height`. */
export async function sendRendered(deps: DicomWebDeps, call: DicomWebCall, accepted: readonly Accepted[], reply: FastifyReply, thumbnail = false): Promise<void> {
  const { offer } = choose(accepted, ['image/jpeg', 'image/png']);
  const item = await one(deps, call);
  const [frame = 0] = frameNumbers(call.params.frames);
  const format = offer === 'image/png' ? 'png' : 'jpeg';
  const options: RenderOptions = { frame, format, ...windowOf(call.query['window']), ...sizeOf(call.query['viewport'], thumbnail) };
  const bytes = await deps.rooms.scans.withFile(item.sha256, (path) => renderDicomFrame(path, options));
  await reply.header('content-type', offer).send(Buffer.from(bytes));
}

const functions = { linear: 'LINEAR', 'linear-exact': 'LINEAR_EXACT', sigmoid: 'SIGMOID' } as const;

function windowOf(given: string | string[] | undefined): Pick<RenderOptions, 'window'> {
  if (given === undefined) return {};
  const [center, width, shape = 'linear'] = String(given).split(',');
  const name = functions[shape.toLowerCase() as keyof typeof functions];
  if (!Number.isFinite(Number(center)) || !(Number(width) > 0) || name === undefined) throw new Fault('invalid_request', 'window is center,width,function; the function is linear, linear-exact or sigmoid.');
  return { window: { center: Number(center), width: Number(width), function: name } };
}

function sizeOf(given: string | string[] | undefined, thumbnail: boolean): Pick<RenderOptions, 'maxSize'> {
  if (given === undefined) return thumbnail ? { maxSize: 256 } : {};
  const sides = String(given).split(',').slice(0, 2).map(Number);
  if (sides.some((side) => !Number.isInteger(side) || side < 1 || side > 8192)) throw new Fault('invalid_request', 'viewport is width,height in pixels, up to 8192.');
  return { maxSize: Math.min(...sides) };
}

/** A binary value by the path that the metadata gave: tags and 0-based item numbers by turns. */
export async function sendBulkData(deps: DicomWebDeps, call: DicomWebCall, accepted: readonly Accepted[], reply: FastifyReply): Promise<void> {
  const item = await one(deps, call);
  const { multipart } = choose(accepted, ['application/octet-stream']);
  const bytes = await deps.rooms.scans.withFile(item.sha256, async (path) => {
    const file = parseDicom(new Uint8Array(await readFile(path)));
    return valueAt(file.dataSet, (call.params.path ?? '').split('/'));
  });
  if (!bytes) throw new Fault('not_found', 'The instance has no such value.');
  const mediaType = 'application/octet-stream';
  if (!multipart) return void (await reply.headers({ 'content-type': mediaType, 'content-disposition': 'attachment' }).send(Buffer.from(bytes)));
  await sendParts(reply, mediaType, (async function* () {
    yield { mediaType, bytes };
  })());
}

function valueAt(dataSet: DataSet, path: readonly string[]): Uint8Array | undefined {
  const [tag = '', index, ...rest] = path;
  const number = Number.parseInt(tag, 16);
  if (!/^[0-9A-F]{8}$/i.test(tag)) return undefined;
  if (index !== undefined) {
    const inner = dataSet.items(number)[Number(index)];
    return inner && valueAt(inner, rest);
  }
  const element = dataSet.get(number);
  if (!element) return undefined;
  return element.fragments === undefined ? dataSet.value(element) : dataSet.bytes.subarray(element.valueStart, element.end);
}
