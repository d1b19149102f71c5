// De-identified files as an independent reader sees them: pydicom finds nothing that was planted, the markers, and the same pixels.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deidentifyFile } from '@fovea/medical/deidentify';
import { sampleCt, sampleFile, syntaxUids } from '@fovea/medical/dicom/sample-files.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { canaries, canaryFile } from '../../../packages/server/src/testing/canary.ts';
import { pythonWith } from '../python.ts';

const found = pythonWith(['pydicom', 'numpy']);
const run = promisify(execFile);
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-canary-'));
});
beforeEach(({ skip }) => skip('missing' in found, 'missing' in found ? found.missing : ''));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const program = `
import sys, json, pydicom, warnings
warnings.simplefilter('error')
canaries, path = json.loads(sys.argv[1]), sys.argv[2]
ds = pydicom.dcmread(path)
texts, private = [], 0
def walk(data):
    global private
    for element in data:
        if element.tag.is_private: private += 1
        if element.VR == 'SQ':
            for item in element.value: walk(item)
        else:
            value = element.value
            texts.append(value.decode('latin1') if isinstance(value, bytes) else str(value))
walk(ds); walk(ds.file_meta)
texts.append(ds.preamble.decode('latin1'))
raw = open(path, 'rb').read().decode('latin1')
print(json.dumps({
    'found': [c for c in canaries if any(c in t for t in texts) or c in raw],
    'private': private, 'preamble': set(ds.preamble) == {0},
    'removed': ds.PatientIdentityRemoved, 'method': bool(ds.DeidentificationMethod), 'codes': [c.CodeValue for c in ds.DeidentificationMethodCodeSequence],
    'sameUid': ds.file_meta.MediaStorageSOPInstanceUID == ds.SOPInstanceUID,
    'pixels': ds.pixel_array.reshape(-1).tolist(),
    'date': str(ds.get('StudyDate', '')),
}))
`;

async function readByPydicom(bytes: Uint8Array): Promise<Record<string, unknown>> {
  const path = join(folder, `${Math.random()}.dcm`);
  writeFileSync(path, bytes);
  const { stdout } = await run((found as { python: string }).python, ['-c', program, JSON.stringify(canaries), path], { timeout: 60_000 });
  return JSON.parse(stdout) as Record<string, unknown>;
}

const key = 'a secret of a test, long enough';
const pixels = Array.from({ length: 24 }, (_, at) => at);

test('everything that was planted is gone for pydicom too', async () => {
  const { bytes } = await deidentifyFile(canaryFile(), { key });
  expect(await readByPydicom(bytes)).toMatchObject({ found: [], private: 0, preamble: true, removed: 'YES', method: true, codes: expect.arrayContaining(['113100']), sameUid: true, pixels });
}, 90_000);

test.each(['implicit', 'explicit', 'big', 'deflated'] as const)('%s: pixels stay, dates move with the option, codes say which', async (syntax) => {
  const { bytes } = await deidentifyFile(sampleFile(sampleCt(), { transferSyntax: syntaxUids[syntax] }), { key, options: { longitudinalDates: 'modified', retainUids: true } });
  const read = await readByPydicom(bytes);
  expect(read).toMatchObject({ removed: 'YES', pixels, codes: expect.arrayContaining(['113100', '113107', '113110']) });
  expect(read['date']).toMatch(/^20(1|2)\d{5}$/);
  expect(read['date']).not.toBe('20240229');
}, 90_000);
