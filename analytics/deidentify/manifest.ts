import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

const option = (name: string, description: string) => ({ name, description, type: 'boolean' as const, default: false });

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/deidentify',
  version: '1.0.0',
  title: 'De-identify scans',
  description:
    'Takes out of DICOM files what tells who they are of, by the Basic Application Level Confidentiality Profile (PS3.15 annex E) with its options, and the texts out of NIfTI headers. UIDs, pseudonyms and dates are mapped by the secret of the project: the same everywhere in it.',
  scope: 'public',
  inputs: [{ name: 'scans', description: 'DICOM and NIfTI files', media: ['dicom', 'nifti'], many: true }],
  parameters: [
    option('retain_uids', 'Keep UIDs (Retain UIDs Option)'),
    option('retain_device', 'Keep what names the device (Retain Device Identity Option)'),
    option('retain_institution', 'Keep what names the institution (Retain Institution Identity Option)'),
    option('retain_patient_characteristics', 'Keep age, sex, size, weight (Retain Patient Characteristics Option)'),
    { name: 'dates', description: 'remove, shift by a number of days that is the same for all files of a patient, or keep', type: 'choice', choices: ['remove', 'modified', 'full'], default: 'remove' },
    option('clean_descriptors', 'Keep descriptions, with what identifies taken out (Clean Descriptors Option)'),
    option('clean_structured_content', 'Clean the content of structured reports instead of making it dummies'),
    option('clean_graphics', 'Keep overlays (Clean Graphics Option)'),
    option('retain_safe_private', 'Keep private attributes known to be without identity (Retain Safe Private Option)'),
    { name: 'pixel_rules', description: 'Regions to black out (Clean Pixel Data Option): [{ "when": { "modality": "US" }, "regions": [{ "x", "y", "width", "height" }] }]', type: 'array', default: [] },
  ],
  outputs: [
    { name: 'scans', description: 'The de-identified files, under names made of pseudonyms', type: 'file', mediaType: 'application/dicom', many: true },
    { name: 'report', description: 'What was done to each file; never what stood there', type: 'json', mediaType: 'application/json', filename: 'report.json' },
  ],
  runtime: { kind: 'builtin', module: 'deidentify' },
});
