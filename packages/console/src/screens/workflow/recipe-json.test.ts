import { expect, test } from 'vitest';
import { fromJson, toJson } from './recipe-json.ts';

test('labels and attributes as text, there and back; a label may be its name alone', () => {
  const content = { labels: [{ name: 'car', displayName: 'Car', parent: 'vehicle' }], attributes: [{ key: 'color', type: 'text' as const, required: false, perFrame: false }] };
  expect(fromJson(toJson(content))).toEqual(content);
  expect(fromJson('{"labels": ["car", {"name": "bus"}]}')).toEqual({ labels: [{ name: 'car' }, { name: 'bus' }], attributes: [] });
});

test.each([
  ['{', 'not valid JSON'],
  ['[]', 'must be an object'],
  ['{"label": []}', '"label" is not known here'],
  ['{"labels": {}}', '"labels" must be a list'],
  ['{"labels": [{"color": "#fff"}]}', 'labels[0] must have a "name"'],
  ['{"attributes": ["color"]}', 'attributes[0] must have a "key"'],
])('%s is refused with what is wrong', (text, why) => {
  expect(() => fromJson(text)).toThrow(why);
});
