// DICOM beside the fastest npm parser and beside pydicom, on the same generated files; de-identification with the same tag actions; a
// series that is opened in the console.
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import dicomParser from 'dicom-parser';
import { basicProfile } from '@fovea/medical/dicom/confidentiality-profile.ts';
import { createDeidentifier } from '@fovea/medical/dicom/deidentify.ts';
import { describeDicomBytes } from '@fovea/medical/dicom/describe.ts';
import { tagHex, tagOfKeyword } from '@fovea/medical/dicom/dictionary.ts';
import { sampleCt, sampleFile } from '@fovea/medical/dicom/sample-files.ts';
import { pythonWith } from '../test/clients/python.ts';
import { median, times, type Figure, type Scale } from './figure.ts';
import { scanPages } from './scan-pages.ts';

const run1 = promisify(execFile);
const runs = 5;

export async function run({ scale }: { scale: Scale }): Promise<Figure[]> {
  const count = scale === 'full' ? 5_000 : 500;
  const folder = await mkdtemp(join(tmpdir(), 'fovea-bench-medical-'));
  try {
    const paths = await makeFiles(folder, count);
    const files = await Promise.all(paths.map(async (path) => new Uint8Array(await readFile(path))));
    return [...(await parsing(files)), ...(await besidePython(folder, paths, files)), ...(await scanPages(scale))];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** CT slices of 64 × 64 with the header of a real scanner's length. */
async function makeFiles(folder: string, count: number): Promise<string[]> {
  await mkdir(join(folder, 'in'));
  const paths: string[] = [];
  const text = (index: number) => `value ${index} of an attribute that a scanner writes`;
  for (let slice = 0; slice < count; slice++) {
    const further = [0x00080080, 0x00080081, 0x00080090, 0x00081010, 0x00081030, 0x0008103e, 0x00081070, 0x00081090, 0x00101010, 0x001021b0, 0x00180015, 0x00181000, 0x00181030, 0x00181020];
    const extra = further.map((tag, index) => [tag, tag === 0x00101010 ? 'AS' : 'LO', tag === 0x00101010 ? '042Y' : text(index)] as const);
    const references = [0x00081140, 'SQ', { items: [[[0x00081150, 'UI', '1.2.840.10008.5.1.4.1.1.2'], [0x00081155, 'UI', `1.2.3.${slice}`]]] }] as const;
    const bytes = sampleFile(sampleCt({ slice, rows: 64, columns: 64, extra: [...extra, references, [0x00090010, 'LO', 'VENDOR'], [0x00091001, 'LO', 'private words']] as never }));
    const path = join(folder, 'in', `${slice}.dcm`);
    await writeFile(path, bytes);
    paths.push(path);
  }
  return paths;
}

async function parsing(files: readonly Uint8Array[]): Promise<Figure[]> {
  const ours = async (): Promise<void> => files.forEach((bytes) => void describeDicomBytes(bytes));
  const theirs = async (): Promise<void> => files.forEach((bytes) => void dicomParser.parseDicom(bytes, { untilTag: 'x7fe00010' }));
  await ours();
  await theirs();
  // Turn about, so that what else the machine does weighs on both.
  const ratios: number[] = [];
  const own: number[] = [];
  for (let turn = 0; turn < runs; turn++) {
    const [a = 0] = await times(1, ours);
    const [b = 0] = await times(1, theirs);
    ratios.push(b / a);
    own.push(files.length / a);
  }
  const ratio = median(ratios);
  return [
    { bench: 'medical', figure: 'headers parsed and indexed', value: median(own), unit: 'files/s', goal: undefined, ok: undefined, n: files.length },
    { bench: 'medical', figure: 'parsed and indexed, of dicom-parser parsing alone', value: ratio, unit: '×', goal: '≥ 0.5', ok: ratio >= 0.5, n: runs },
  ];
}

const python = `
import sys, json, time, hashlib, pydicom
from pydicom.tag import Tag
mode, listing, out = sys.argv[1:4]
work = json.load(open(listing))
def uid(value): return '2.25.' + str(int(hashlib.sha256(value.encode()).hexdigest()[:32], 16))
actions = {int(tag, 16): action for tag, action in work['actions'].items()}
def clean(ds):
    for element in list(ds):
        action = actions.get(int(element.tag))
        if action == 'X': del ds[element.tag]
        elif action == 'Z': element.value = None
        elif action == 'U': element.value = [uid(v) for v in element.value] if element.VM > 1 else uid(str(element.value))
        elif action == 'D' and element.VR not in ('SQ', 'OB', 'OW', 'UN'): element.value = 'ANONYMIZED' if element.VR in ('LO', 'SH', 'PN', 'LT', 'ST', 'UT') else None
        elif element.VR == 'SQ':
            for item in element.value: clean(item)
started = time.perf_counter()
for index, path in enumerate(work['paths']):
    if mode == 'read':
        ds = pydicom.dcmread(path, stop_before_pixels=True)
        facts = [str(ds.get(k, '')) for k in ('Modality', 'PatientID', 'StudyInstanceUID', 'SeriesInstanceUID', 'SOPInstanceUID', 'Rows', 'Columns', 'PixelSpacing', 'ImagePositionPatient')]
    else:
        ds = pydicom.dcmread(path)
        ds.remove_private_tags()
        clean(ds)
        ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPInstanceUID
        ds.save_as(f'{out}/{index}.dcm')
print(time.perf_counter() - started)
`;

/** The same files, read from disk and written to it, by ours and by pydicom. */
async function besidePython(folder: string, paths: readonly string[], files: readonly Uint8Array[]): Promise<Figure[]> {
  const out = join(folder, 'out');
  await mkdir(out);
  const megabytes = files.reduce((sum, bytes) => sum + bytes.length, 0) / 1e6;
  const deidentify = createDeidentifier({ key: 'the key of a benchmark' });
  const [read = 1] = await times(1, async () => {
    for (const path of paths) describeDicomBytes(new Uint8Array(await readFile(path)));
  });
  const [cleaned = 1] = await times(1, async () => {
    for (const [index, path] of paths.entries()) await writeFile(join(out, `${index}.dcm`), deidentify(new Uint8Array(await readFile(path))).bytes);
  });
  const own: Figure[] = [
    { bench: 'medical', figure: 'de-identified, disk to disk', value: paths.length / cleaned, unit: 'files/s', goal: undefined, ok: undefined, n: paths.length },
    { bench: 'medical', figure: 'de-identified, disk to disk', value: megabytes / cleaned, unit: 'MB/s', goal: undefined, ok: undefined, n: paths.length },
  ];
  const found = pythonWith(['pydicom']);
  if ('missing' in found) {
    console.error(`medical: no figures beside pydicom: ${found.missing}`);
    return own;
  }
  const listing = join(folder, 'work.json');
  await writeFile(listing, JSON.stringify({ paths, actions: profileActions() }));
  const theirs = async (mode: string): Promise<number> => Number((await run1(found.python, ['-c', python, mode, listing, out], { timeout: 900_000 })).stdout);
  const beside = (figure: string, value: number): Figure => ({ bench: 'medical', figure, value, unit: '×', goal: '≥ 1', ok: value >= 1, n: paths.length });
  return [...own, beside('headers from disk, speed of pydicom', (await theirs('read')) / read), beside('de-identified disk to disk, speed of pydicom', (await theirs('clean')) / cleaned)];
}

/** The profile's table by tag, one letter for each. */
function profileActions(): Record<string, string> {
  const letter = (code: string): string => (code === 'X' ? 'X' : code.startsWith('U') ? 'U' : code === 'D' || code === 'Z/D' ? 'D' : 'Z');
  return Object.fromEntries(
    Object.entries(basicProfile).flatMap(([code, list]) => list.trim().split(/\s+/).map((word) => [tagHex(tagOfKeyword(word) ?? Number.parseInt(word, 16)), letter(code)])),
  );
}
