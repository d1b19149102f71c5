import { describe, expect, test } from 'vitest';
import { fieldsOf } from './collection.ts';
import { finish } from './finish.ts';
import { formKindOf, optionsOf } from './form-kind.ts';

test('types that are drawn have no form, the others one each', () => {
  const kinds = Object.fromEntries(['annotation', 'imageannotation', 'categorization', 'comparison', 'transcription', 'audiotranscription', 'namedentityrecognition', 'textcollection', 'documenttranscription', 'chat'].map((type) => [type, formKindOf({ type })]));
  expect(kinds).toEqual({ annotation: undefined, imageannotation: undefined, categorization: 'category', comparison: 'comparison', transcription: 'fields', audiotranscription: 'audio', namedentityrecognition: 'entities', textcollection: 'collection', documenttranscription: 'document', chat: 'json' });
});

test('choices in every way they are written', () => {
  expect(optionsOf(['a', 2, { choice: 'b', display: 'Bee' }, { label: 'group', subchoices: ['c', { value: true, label: 'Yes' }] }])).toEqual([
    { value: 'a', label: 'a' },
    { value: 2, label: '2' },
    { value: 'b', label: 'Bee' },
    { value: 'c', label: 'c' },
    { value: true, label: 'Yes' },
  ]);
});

describe('answers', () => {
  test('categories: one, or one of each taxonomy', () => {
    expect(finish('category', { categories: ['a'] }, {})).toEqual({ fault: 'Category is required.' });
    expect(finish('category', { categories: ['a'] }, { category: 'a' })).toEqual({ response: { category: 'a' } });
    expect(finish('category', { taxonomies: { kind: {}, place: {} } }, { taxonomies: { kind: 'x' } })).toEqual({ fault: 'place is required.' });
  });
  test('comparison: a choice, and texts where they are asked for', () => {
    expect(finish('comparison', { choices: [1, 2], fields: { why: 'Why' } }, { choice: 2 })).toEqual({ fault: 'why is required.' });
    expect(finish('comparison', { choices: [1, 2] }, { choice: 2 })).toEqual({ response: { choice: 2 } });
  });
  test('transcription: every field, rows without empty ones', () => {
    expect(finish('fields', { fields: { name: 'Name' }, repeatable_fields: { line: 'Line' } }, { fields: { name: 'x', line: ['a', '', 'b'] } })).toEqual({ response: { fields: { name: 'x', line: ['a', 'b'] } } });
    expect(finish('fields', { fields: { name: 'Name' } }, {})).toEqual({ fault: 'name is required.' });
  });
  test('collections: what is required is named, also in sets of fields', () => {
    const fields = [
      { type: 'text', field_id: 'a', title: 'Name', required: true },
      { type: 'field_set', field_id: 'set', title: 'Set', fields: [{ type: 'number', field_id: 'n', title: 'Number', required: true }, { type: 'boolean', field_id: 'b', title: 'Flag' }] },
    ];
    expect(fieldsOf(fields)).toHaveLength(2);
    expect(finish('collection', { fields }, {})).toEqual({ fault: 'Name is required.' });
    expect(finish('collection', { fields }, { annotations: { a: 'x', set: { b: true } } })).toEqual({ fault: 'Number is required.' });
    expect(finish('collection', { fields }, { annotations: { a: 'x', set: { n: 0, b: false } } })).toEqual({ response: { annotations: { a: 'x', set: { n: 0, b: false } } } });
  });
  test('anything else as JSON', () => {
    expect(finish('json', {}, { text: '{"a": 1}' })).toEqual({ response: { a: 1 } });
    expect(finish('json', {}, { text: '[1]' })).toEqual({ fault: 'This is not a JSON object.' });
  });
});
