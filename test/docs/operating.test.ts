import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

test('the page about operating names every setting, and no other', () => {
  const settings = (text: string) => [...new Set(text.match(/FOVEA_[A-Z0-9_]+[A-Z0-9]/g))].toSorted();
  expect(settings(read('docs/operating.md'))).toEqual(settings(read('packages/server/src/main/config.ts')));
});

test('the index leads to every page, and no link in the documentation leads nowhere', () => {
  const pages = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.md'));
  const index = read('docs/README.md');
  const top = pages.filter((name) => name !== 'README.md' && !name.includes('decisions/') && !/^formats\/(?!README)/.test(name));
  expect(top.filter((name) => !index.includes(`(${name})`))).toEqual([]);
  const broken = [...pages.map((name) => join('docs', name)), 'README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'benchmarks/README.md'].flatMap((page) =>
    [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '').filter((link) => !exists(join(page, '..', link))).map((link) => `${page}: ${link}`),
  );
  expect(broken).toEqual([]);
});

function exists(path: string): boolean {
  try {
    readdirSync(join(root, path));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOTDIR';
  }
}
