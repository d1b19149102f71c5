import { drawnAnnotations, taskParamFaults, taskParamsSchema, taskResponseSchema, taskTypeNames, taskTypes } from '@fovea/contract';
import { describe, expect, test } from 'vitest';
import { answerOf } from './answers.ts';
import { answerFaults } from './check-answer.ts';
import { madeUpAnswer } from './made-up.ts';
import { samples } from './samples.ts';

test.each(taskTypeNames)('%s: its sample is right, each required parameter is missed by its name, and the made-up answer passes', (name) => {
  const params = samples[name];
  const elsewhere = new Set(['project']);
  expect(taskParamFaults(name, params, elsewhere)).toEqual([]);
  for (const need of taskTypes[name].required.filter((one) => one !== 'project')) {
    const without = Object.fromEntries(Object.entries(params).filter(([key]) => !need.split('|').includes(key)));
    expect(taskParamFaults(name, without, elsewhere)).toContainEqual({ path: need.replaceAll('|', '" or "'), message: 'is required' });
  }
  const answer = madeUpAnswer({ type: name, params });
  expect(answerFaults(name, params, answer)).toEqual([]);
  if (['vector', 'video', 'playback', 'segmentation', 'lidar', 'points', 'document'].includes(taskTypes[name].family)) expect(drawnAnnotations.parse(answer).annotations.length).toBeGreaterThan(0);
  expect(taskParamsSchema(taskTypes[name])).toMatchObject({ type: 'object' });
  expect(taskResponseSchema(taskTypes[name])).toMatchObject({ type: 'object' });
});

describe('wrong parameters are named, with what is allowed', () => {
  const box = { objects_to_annotate: ['car'] };
  test.each<[keyof typeof taskTypes, object, string, string]>([
    ['imageannotation', { attachment: 5, geometries: { box } }, 'attachment', 'must be text'],
    ['imageannotation', { geometries: { blob: box } }, 'geometries.blob', 'box, polygon, line, point, cuboid, ellipse'],
    ['imageannotation', { geometries: { box: {} } }, 'geometries.box.objects_to_annotate', 'is required'],
    ['imageannotation', { geometries: { polygon: { ...box, min_vertices: 5, max_vertices: 4 } } }, 'geometries.polygon.max_vertices', 'at least min_vertices'],
    ['imageannotation', { geometries: { box: { objects_to_annotate: [{ display: 'x' }] } } }, 'geometries.box.objects_to_annotate.0', 'choice'],
    ['imageannotation', { geometries: { box }, annotation_attributes: { a: { type: 'colour' } } }, 'annotation_attributes.a.type', 'category, number'],
    ['imageannotation', { geometries: { box }, annotation_attributes: { a: { type: 'category' } } }, 'annotation_attributes.a.choices', 'is required'],
    ['imageannotation', { geometries: { box }, attachment_type: 'hologram' }, 'attachment_type', 'image'],
    ['segmentannotation', { labels: Array.from({ length: 51 }, String) }, 'labels', 'at most 50'],
    ['videoannotation', { geometries: { box }, frame_rate: 0 }, 'frame_rate', 'above 0'],
    ['textcollection', { fields: [{ type: 'colour', field_id: 'a', title: 'A' }] }, 'fields.0.type', 'text, number'],
    ['textcollection', { fields: [{ type: 'category', field_id: 'a', title: 'A' }] }, 'fields.0.choices', 'is required'],
    ['textcollection', { fields: [{ type: 'text', field_id: 'a', title: 'A', max_responses_required: 101 }] }, 'fields.0.max_responses_required', 'at most 100'],
    ['textcollection', { fields: [{ type: 'field_set', field_id: 'a', title: 'A', fields: [] }] }, 'fields.0.fields', 'at least 2'],
    ['lidartopdown', { attachment: 'a', attachments: ['b'] }, 'attachment', 'not both'],
  ])('%s %j', (name, params, path, message) => {
    expect(taskParamFaults(name, params as Record<string, unknown>)).toContainEqual({ path, message: expect.stringContaining(message) });
  });
});

describe('wrong answers are named, with what is allowed', () => {
  const collection = (field: object) => ({ fields: [{ field_id: 'a', title: 'A', ...field }] });
  test.each<[string, Record<string, unknown>, Record<string, unknown>, string, string]>([
    ['categorization', { categories: ['cat', 'dog'] }, {}, 'category', 'is required'],
    ['categorization', { categories: ['cat', 'dog'] }, { category: 'cow' }, 'category', 'cat, dog'],
    ['categorization', { categories: ['cat', 'dog'] }, { category: ['cat', 'cow'] }, 'category', 'only one'],
    ['categorization', { categories: ['cat', 'dog'], allow_multiple: true }, { category: ['cat', 'cow'] }, 'category', 'cat, dog'],
    ['categorization', { taxonomies: { kind: { choices: ['a'] } } }, { taxonomies: { kind: 'b' } }, 'taxonomies.kind', 'one of a'],
    ['comparison', { choices: ['left', 'right'] }, { choice: 'both' }, 'choice', 'left, right'],
    ['transcription', { fields: { title: 'T' } }, { fields: { author: 'x' } }, 'fields.author', 'title'],
    ['transcription', { fields: { title: 'T' } }, { fields: { title: ['x'] } }, 'fields.title', 'repeated'],
    ['transcription', { fields: { title: 'T' } }, {}, 'fields', 'title'],
    ['audiotranscription', {}, { transcript: 5 }, 'transcript', 'text'],
    ['namedentityrecognition', { text: 'Anna', labels: ['person'] }, { annotations: [{ id: '1', start: 0, end: 9, text: 'Anna', label: 'person' }] }, 'annotations.0.end', '4'],
    ['namedentityrecognition', { text: 'Anna', labels: ['person'] }, { annotations: [{ id: '1', start: 0, end: 4, text: 'Anna', label: 'place' }] }, 'annotations.0.label', 'person'],
    ['namedentityrecognition', { text: 'Anna', labels: ['person'] }, { annotations: [{ id: '1', start: 0, end: 3, text: 'Anna', label: 'person' }] }, 'annotations.0.text', 'Ann'],
    ['textcollection', collection({ type: 'text', required: true }), { annotations: {} }, 'annotations.a', 'is required'],
    ['textcollection', collection({ type: 'number', max: 5 }), { annotations: { a: 6 } }, 'annotations.a', 'at most 5'],
    ['textcollection', collection({ type: 'boolean' }), { annotations: { a: 'yes' } }, 'annotations.a', 'true or false'],
    ['textcollection', collection({ type: 'category', choices: [{ label: 'Yes', value: 'yes' }] }), { annotations: { a: 'no' } }, 'annotations.a', 'yes'],
    ['textcollection', collection({ type: 'text' }), { annotations: { b: 'x' } }, 'annotations.b', 'its fields are a'],
    ['imageannotation', { geometries: { box: { objects_to_annotate: ['car'] } } }, { annotations: [{ type: 'box', label: 'tree' }] }, 'annotations.0.label', 'car'],
  ])('%s %j %j', (type, params, answers, path, message) => {
    const answer = answerOf({ type, params, answers, annotations: [], media: { width: 1, height: 1, frames: 1, fps: 0, pages: 1 } });
    expect(answerFaults(type, params, answer)).toContainEqual({ path, message: expect.stringContaining(message) });
  });
});
