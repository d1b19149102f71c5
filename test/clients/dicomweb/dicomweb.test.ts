// The DICOMweb door as an independent client sees it: dicomweb-client and pydicom store, search and retrieve.
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sampleCt, sampleFile, syntaxUids } from '@fovea/medical/dicom/sample-files.ts';
import { encodeLosslessJpeg } from '@fovea/medical/dicom/sample-jpeg.ts';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../../packages/server/src/testing/platform.ts';
import { pythonWith } from '../python.ts';

const found = pythonWith(['dicomweb-client', 'pydicom', 'numpy', 'pillow', 'pylibjpeg', 'pylibjpeg-libjpeg']);
const run = promisify(execFile);

let fovea: TestPlatform;
let folder = '';
let dataset = '';
beforeAll(async () => {
  if ('missing' in found) return;
  fovea = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-dicomweb-'));
  const project = (await fovea.call('POST', '/v1/projects', { body: { name: 'Scans' } })).body;
  dataset = (await fovea.call('POST', '/v1/datasets', { body: { project: project.id, name: 'PACS' } })).body.id;
}, 400_000);
beforeEach(({ skip }) => skip('missing' in found, 'missing' in found ? found.missing : ''));
afterAll(async () => {
  await fovea?.close();
  if (folder) rmSync(folder, { recursive: true, force: true });
});

const program = `
import sys, json, io
import pydicom, numpy
from dicomweb_client.api import DICOMwebClient
from dicomweb_client.session_utils import create_session
base, key, *paths = sys.argv[1:]
session = create_session()
session.headers.update({'Authorization': f'Bearer {key}'})
client = DICOMwebClient(url=base, session=session)
files = [pydicom.dcmread(p) for p in paths]
stored = client.store_instances(files)
study = files[0].StudyInstanceUID
series = files[0].SeriesInstanceUID
out = {'stored': len(stored.ReferencedSOPSequence), 'failed': len(getattr(stored, 'FailedSOPSequence', []))}
out['studies'] = [s['0020000D']['Value'][0] for s in client.search_for_studies()]
out['byName'] = len(client.search_for_studies(search_filters={'PatientName': 'Doe*', 'StudyDate': '20240101-20241231', 'ModalitiesInStudy': 'CT'}))
out['byOther'] = len(client.search_for_studies(search_filters={'PatientID': 'nobody'}))
out['series'] = [(s['0020000E']['Value'][0], s['00201209']['Value'][0], s['00080060']['Value'][0]) for s in client.search_for_series(study)]
out['instances'] = len(client.search_for_instances(study, series))
out['page'] = len(client.search_for_instances(study, series, limit=1, offset=1))
whole = client.retrieve_series(study, series)
mine = {f.SOPInstanceUID: f for f in files}
out['samePixels'] = all(numpy.array_equal(w.pixel_array, mine[w.SOPInstanceUID].pixel_array) for w in whole)
out['whole'] = len(whole)
uid = files[0].SOPInstanceUID
one = client.retrieve_instance(study, series, uid)
out['name'] = str(one.PatientName)
metadata = client.retrieve_instance_metadata(study, series, uid)
header = pydicom.Dataset.from_json(metadata, bulk_data_uri_handler=lambda tag, vr, uri: client.retrieve_bulkdata(uri)[0])
out['header'] = [str(header.PatientName), header.Rows, len(header.PixelData)]
out['seriesMetadata'] = len(client.retrieve_series_metadata(study, series))
frames = client.retrieve_instance_frames(study, series, uid, frame_numbers=[1])
out['frame'] = frames[0] == files[0].PixelData
compressed = [f for f in files if f.file_meta.TransferSyntaxUID.is_compressed][0]
native = client.retrieve_instance_frames(study, series, compressed.SOPInstanceUID, frame_numbers=[1])
out['decoded'] = native[0] == compressed.pixel_array.astype('<u2').tobytes()
kept = client.retrieve_instance(study, series, compressed.SOPInstanceUID, media_types=(('application/dicom', '*'),))
out['keptSyntax'] = str(kept.file_meta.TransferSyntaxUID)
png = client.retrieve_instance_frames_rendered(study, series, uid, frame_numbers=[1], media_types=('image/png',))
out['png'] = png[:4].hex()
jpeg = client.retrieve_instance_rendered(study, series, uid, media_types=('image/jpeg',), params={'window': '-1000,100,linear'})
out['jpeg'] = jpeg[:2].hex()
again = client.store_instances(files[:1])
out['again'] = len(again.ReferencedSOPSequence)
print(json.dumps(out))
`;

test('stores, finds and gives back instances, headers, frames and pictures', async () => {
  const paths = [0, 1].map((slice) => {
    const path = join(folder, `${slice}.dcm`);
    writeFileSync(path, sampleFile(sampleCt({ slice, rows: 8, columns: 8 })));
    return path;
  });
  const pixels = Array.from({ length: 64 }, (_, at) => at * 30);
  const jpeg = sampleFile(sampleCt({ slice: 2, rows: 8, columns: 8, extra: [[0x7fe00010, 'OB', { fragments: [encodeLosslessJpeg(pixels, 8, 8, 16)] }]] }), { transferSyntax: '1.2.840.10008.1.2.4.70' });
  writeFileSync(join(folder, 'jpeg.dcm'), jpeg);
  const { python } = found as { python: string };
  const { stdout } = await run(python, ['-c', program, `${fovea.url}/dicom-web/datasets/${dataset}`, fovea.key, ...paths, join(folder, 'jpeg.dcm')], { timeout: 120_000 });
  expect(JSON.parse(stdout)).toEqual({
    stored: 3, failed: 0, studies: ['1.2.3.9'], byName: 1, byOther: 0, series: [['1.2.3.10', 3, 'CT']], instances: 3, page: 1, samePixels: true, whole: 3,
    name: 'Doe^Jane', header: ['Doe^Jane', 8, 128], seriesMetadata: 3, frame: true, decoded: true, keptSyntax: '1.2.840.10008.1.2.4.70', png: '89504e47', jpeg: 'ffd8', again: 1,
  });
  expect(syntaxUids.explicit).toBe('1.2.840.10008.1.2.1');
  const items = (await fovea.call('GET', `/v1/datasets/${dataset}/items`)).body.data;
  expect(items.map((item: { path: string }) => item.path)).toEqual([1, 2, 3].map((number) => `/1.2.3.9/1.2.3.10/1.2.3.10.${number}.dcm`));
}, 150_000);
