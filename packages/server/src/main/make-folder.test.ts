import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ConfigError, readConfig } from './config.ts';
import { makeFolder } from './make-folder.ts';

let folder = '';
beforeAll(() => (folder = mkdtempSync(join(tmpdir(), 'fovea-folders-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('a folder is made with those above it, and one that is there is left alone', () => {
  makeFolder(join(folder, 'a', 'b', 'c'), 'FOVEA_DATA');
  makeFolder(join(folder, 'a', 'b', 'c'), 'FOVEA_DATA');
  expect(existsSync(join(folder, 'a', 'b', 'c'))).toBe(true);
});

test('a data folder that cannot be is refused with a word on it, below /proc too', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const [dataDir, message] of [[join(folder, 'file'), /FOVEA_DATA: .*file is a file; it must be a folder/], [join(folder, 'file', 'data'), /FOVEA_DATA: .* cannot be made|is a file/], ['/proc/fovea/data', /FOVEA_DATA: the folder \/proc\/fovea cannot be made/]] as const) {
    expect(() => readConfig({}, { dataDir })).toThrow(message);
    expect(() => readConfig({}, { dataDir })).toThrow(ConfigError);
  }
});
