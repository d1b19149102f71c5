import { DicomError } from '@fovea/medical/dicom/error.ts';
import { parseDicom } from '@fovea/medical/dicom/parse.ts';
import { deidentifyQuery, type Dataset, type DeidentifyOptions } from '@fovea/contract';
import { Fault } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { retrieveUrl } from './attributes.ts';
import type { DicomWebCall, DicomWebDeps } from './context.ts';
import { readParts } from './multipart.ts';

/** Reasons of failure (PS3.18 table I.2-2). */
const reasons = { processing: 0x0110, duplicate: 0x0111, cannotUnderstand: 0xc000, otherStudy: 0xa901 } as const;

interface Failure {
  sopClassUid: string;
  sopInstanceUid: string;
  reason: number;
}

/** STOW-RS: stores the instances of a body; 200 when all are stored, 202 when some are, 409 when none is. */
export async function storeInstances({ rooms }: DicomWebDeps, call: DicomWebCall, contentType: string, body: AsyncIterable<Uint8Array>): Promise<{ status: number; json: unknown }> {
  const dataset = await targetOf(rooms, call);
  const access = await rooms.items.authorizeUpload(call.caller, dataset.id);
  const deidentify = optionsOf(call);
  const stored: Record<string, unknown>[] = [];
  const failed: Failure[] = [];
  for await (const part of readParts(contentType, body)) {
    const outcome = await storeOne({ rooms, call, access, deidentify }, part.bytes);
    if ('reason' in outcome) failed.push(outcome);
    else stored.push(outcome.summary);
  }
  if (stored.length + failed.length === 0) throw new Fault('invalid_request', 'The body has no parts.');
  const studies = new Set(stored.map((summary) => String(summary['studyInstanceUid'])));
  const [study] = studies;
  const json = {
    ...(study !== undefined && studies.size === 1 ? { '00081190': { vr: 'UR', Value: [`${call.base}/studies/${study}`] } } : {}),
    ...(failed.length === 0 ? {} : { '00081198': { vr: 'SQ', Value: failed.map((one) => ({ ...reference(one.sopClassUid, one.sopInstanceUid), '00081197': { vr: 'US', Value: [one.reason] } })) } }),
    ...(stored.length === 0 ? {} : { '00081199': { vr: 'SQ', Value: stored.map((summary) => ({ ...reference(summary['sopClassUid'], summary['sopInstanceUid']), '00081190': { vr: 'UR', Value: [retrieveUrl(call.base, summary, 'instance')] } })) } }),
  };
  return { status: failed.length === 0 ? 200 : stored.length === 0 ? 409 : 202, json };
}

function reference(sopClass: unknown, instance: unknown): Record<string, unknown> {
  const uid = (value: unknown) => (typeof value === 'string' && value !== '' ? { vr: 'UI', Value: [value] } : { vr: 'UI' });
  return { '00081150': uid(sopClass), '00081155': uid(instance) };
}

interface Target {
  rooms: DicomWebDeps['rooms'];
  call: DicomWebCall;
  access: Awaited<ReturnType<DicomWebDeps['rooms']['items']['authorizeUpload']>>;
  deidentify: DeidentifyOptions | undefined;
}

async function storeOne({ rooms, call, access, deidentify }: Target, given: Uint8Array): Promise<{ summary: Record<string, unknown> } | Failure> {
  const uids = uidsOf(given);
  if (!uids) return { sopClassUid: '', sopInstanceUid: '', reason: reasons.cannotUnderstand };
  const failure = (reason: number): Failure => ({ ...uids, reason });
  if (uids.study === '' || uids.series === '' || uids.sopInstanceUid === '') return failure(reasons.cannotUnderstand);
  if (call.params.study !== '' && call.params.study !== uids.study) return failure(reasons.otherStudy);
  try {
    const clean = deidentify && (await rooms.deidentification.clean(call.caller, access, { path: '/instance.dcm', bytes: given }, { ...deidentify, keepPath: false }));
    const path = clean?.path ?? `/${segment(uids.study)}/${segment(uids.series)}/${segment(uids.sopInstanceUid)}.dcm`;
    const { blob, media } = await rooms.items.receive(once(clean?.bytes ?? given), path);
    const { item } = await rooms.items.adopt(call.caller, access, { path, rule: 'error', blob, media, ...(clean ? { deidentification: clean.report } : {}) });
    return { summary: item.summary };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    if (error.code === 'conflict') return failure(reasons.duplicate);
    if (error.code === 'unsupported_media' || error.code === 'invalid_request') return failure(reasons.processing);
    throw error;
  }
}

function uidsOf(bytes: Uint8Array): { study: string; series: string; sopInstanceUid: string; sopClassUid: string } | undefined {
  try {
    const { dataSet, meta } = parseDicom(bytes, { stopAtPixelData: true });
    const text = (tag: number, fallback = '') => dataSet.string(tag) ?? fallback;
    return { study: text(0x0020000d), series: text(0x0020000e), sopInstanceUid: text(0x00080018, meta.string(0x00020003)), sopClassUid: text(0x00080016, meta.string(0x00020002)) };
  } catch (error) {
    if (error instanceof DicomError) return undefined;
    throw error;
  }
}

/** A UID as a name of a file or folder. */
function segment(uid: string): string {
  return uid.replace(/[^0-9A-Za-z.-]/g, '_').replace(/^\.+$/, '_').slice(0, 64);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

function optionsOf({ query }: DicomWebCall): DeidentifyOptions | undefined {
  const text = query['deidentify'];
  if (text === undefined) return undefined;
  const parsed = deidentifyQuery.safeParse(text);
  if (!parsed.success) throw new Fault('invalid_request', `deidentify: ${parsed.error.issues[0]?.message ?? 'is not valid'}`);
  return parsed.data;
}

/** The name of project and dataset for what comes without either. */
const inbox = 'DICOMweb';

/** The dataset of the address or the query; else the dataset "DICOMweb" of the only project there is, or of the project of that name. */
async function targetOf({ projects, datasets }: DicomWebDeps['rooms'], { caller, datasetId, query }: DicomWebCall): Promise<Pick<Dataset, 'id'>> {
  const named = datasetId ?? query['dataset'];
  if (typeof named === 'string') return datasets.get(caller, named);
  const visible = await projects.find(caller);
  const project = visible.length === 1 ? visible[0] : (visible.find(({ name }) => name === inbox) ?? (await projects.create(caller, { name: inbox, description: 'What came through DICOMweb without naming a dataset.', metadata: {} } as Parameters<typeof projects.create>[1])));
  if (!project) throw new Fault('not_found', 'There is no project to store in.');
  return ensure(datasets, caller, project.id);
}

function ensure(datasets: DicomWebDeps['rooms']['datasets'], caller: Caller, project: string): Promise<Pick<Dataset, 'id'>> {
  return datasets.ensure(caller, { project, name: inbox, description: '', metadata: {}, itemDays: null });
}
