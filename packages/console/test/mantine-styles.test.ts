import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { usedStyles } from '../mantine-styles.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function sourceWith(line: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'fovea-styles-'));
  folders.push(folder);
  writeFileSync(join(folder, 'page.tsx'), `${line}\n`);
  return folder;
}

const library = dirname(dirname(createRequire(import.meta.url).resolve('@mantine/core')));
const part = (name: string) => readFileSync(join(library, 'styles', `${name}.css`), 'utf8').trim();

test('a component brings its own styles and those of what it is made of, and no others', () => {
  const css = usedStyles(sourceWith("import { Modal, type ModalProps } from '@mantine/core';"));
  for (const name of ['global', 'default-css-variables', 'Modal', 'ModalBase', 'Overlay', 'CloseButton', 'UnstyledButton']) expect(css).toContain(part(name));
  for (const name of ['Table', 'Slider', 'Stepper']) expect(css).not.toContain(part(name));
});

test('what the console uses is far less than all, and in the order of all', () => {
  const css = usedStyles(join(import.meta.dirname, '..', 'src'));
  expect(css.length).toBeLessThan(readFileSync(join(library, 'styles.css'), 'utf8').length * 0.75);
  for (const name of ['Checkbox', 'Switch', 'PillsInput', 'Combobox', 'Popover', 'Drawer', 'Table', 'Progress', 'Breadcrumbs']) expect(css).toContain(part(name));
  expect(css.indexOf(part('UnstyledButton'))).toBeLessThan(css.indexOf(part('Button')));
  expect(css.indexOf(part('baseline'))).toBe(0);
});
