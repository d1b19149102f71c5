import type { TaskTypeName } from '@fovea/contract';
import type { Json } from './work.ts';

const attachment = 'https://example.com/a.png';
const geometries = { box: { objects_to_annotate: ['car', 'cow'], min_height: 10 } };
const image = { attachment, attachment_type: 'image' };
const one = { ...image, objects_to_annotate: ['car'], with_labels: true };
const frames = { attachments: [attachment, `${attachment}?2`], attachment_type: 'image' };
const free = { anything: { deep: [1, '2'] } };

/** Right parameters of every type: for tests, and to show what a type takes. */
export const samples: Readonly<Record<TaskTypeName, Json>> = {
  imageannotation: { ...image, geometries, annotation_attributes: { moving: { description: 'Does it move?', choices: ['yes', 'no'] } } },
  annotation: { ...one, min_width: '30' },
  polygonannotation: one,
  lineannotation: one,
  pointannotation: one,
  cuboidannotation: one,
  segmentannotation: { ...image, labels: ['road', { choice: 'person', instance_label: true }] },
  videoannotation: { attachment: 'https://example.com/a.mp4', attachment_type: 'video', geometries, frame_rate: 1 },
  videoboxannotation: { ...frames, objects_to_annotate: ['car'] },
  videocuboidannotation: { ...frames, objects_to_annotate: ['car'] },
  videoplaybackannotation: { attachment: 'https://example.com/a.mp4', geometries },
  categorization: { attachment: 'https://example.com/', attachment_type: 'website', categories: ['public', 'private'], category_ids: { 1: 'public', 2: 'private' } },
  comparison: { ...frames, choices: ['yes', 'no'] },
  transcription: { attachment: 'https://example.com/', attachment_type: 'website', fields: { title: 'Title of the page' }, repeatable_fields: { row: 'A row' } },
  datacollection: { attachment: 'https://example.com/', fields: { hours: 'Opening hours' } },
  audiotranscription: { attachment: 'https://example.com/a.mp3', verbatim: false, phrases: ['avocado'] },
  documenttranscription: { attachment, features: [{ type: 'block', label: 'barcode' }] },
  namedentityrecognition: { text: 'Anna met Ben', labels: [{ name: 'person', description: 'A person' }] },
  textcollection: {
    attachments: [{ type: 'text', content: 'Hello' }],
    fields: [
      { type: 'category', field_id: 'like', title: 'Like?', choices: [{ label: 'Yes', value: 'yes' }], required: true },
      { type: 'text', field_id: 'why', title: 'Why?', max_responses_required: 2 },
      { type: 'number', field_id: 'stars', title: 'Stars', min: 1, max: 5 },
      { type: 'boolean', field_id: 'again', title: 'Again?' },
      { type: 'datetime', field_id: 'when', title: 'When?' },
      { type: 'field_set', field_id: 'name', title: 'Name', fields: [{ type: 'text', field_id: 'first', title: 'First' }, { type: 'text', field_id: 'last', title: 'Last' }] },
    ],
  },
  lidarannotation: { attachments: ['https://example.com/frame.json'], attachment_type: 'json', labels: ['car'] },
  lidartopdown: { attachments: ['https://example.com/frame.json'], geometries: { polygon: { objects_to_annotate: ['road'] } } },
  lidarsegmentation: { attachments: ['https://example.com/frame.json'], labels: ['road'] },
  lidarlinking: free,
  laneannotation: free,
  documentmodel: free,
  sensorfusion: free,
  chat: free,
  chatexperimental: free,
  chatlite: free,
  multichat: free,
  multistage: free,
  federal2dvideoannotation: free,
};
