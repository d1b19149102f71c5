import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { formatPages, formatsFolder } from '../../../scripts/formats-docs.ts';

/** The formatter of the project pads tables; what they say is compared. */
const unpadded = (text: string) =>
  text
    .replaceAll(/ +/g, ' ')
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/\| ?--- ?/g, '|---');

it('docs/formats is what the tables say (run node scripts/formats-docs.ts)', () => {
  const found = readdirSync(formatsFolder).sort();
  const written = Object.fromEntries(
    found.map((name) => [name, unpadded(readFileSync(`${formatsFolder}${name}`, 'utf8'))]),
  );
  const made = [...formatPages()].map(([name, text]) => [name, unpadded(text)]);
  expect(written).toEqual(Object.fromEntries(made));
});
