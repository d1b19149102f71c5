import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findServer, forgetLogin, loginFile, storeLogin } from './connect.ts';
import { testIo } from './testing.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const find = (env: Record<string, string> = {}) => findServer(testIo({ env: { HOME: folder, ...env }, cwd: folder }).io);

function runHere(): void {
  mkdirSync(join(folder, 'data'));
  writeFileSync(join(folder, 'data', 'server.json'), '{"url":"http://127.0.0.1:8080","pid":1}\n');
  writeFileSync(join(folder, 'data', 'admin.key'), 'local-key\n');
}

test('nothing known says what to do', () => {
  expect(() => find()).toThrow('Start one with "npm start", sign in to one with "fovea login", or set FOVEA_URL and FOVEA_KEY');
});

test('the platform that runs on the data folder here is found, with its admin key', () => {
  runHere();
  expect(find()).toMatchObject({ url: 'http://127.0.0.1:8080', key: 'local-key' });
  expect(find({ FOVEA_DATA: 'data' })).toMatchObject({ key: 'local-key' });
  expect(() => find({ FOVEA_DATA: 'other' })).toThrow('No platform is known');
});

test('a login goes before it, and the environment before both', () => {
  runHere();
  storeLogin({ HOME: folder }, { url: 'https://fovea.example.org', key: 'stored-key' });
  expect(find()).toMatchObject({ url: 'https://fovea.example.org', key: 'stored-key' });
  expect(find({ FOVEA_URL: 'http://elsewhere', FOVEA_KEY: 'env-key' })).toMatchObject({ url: 'http://elsewhere', key: 'env-key', urlFrom: 'FOVEA_URL', keyFrom: 'FOVEA_KEY' });
  expect(find({ FOVEA_KEY: 'env-key' })).toMatchObject({ url: 'https://fovea.example.org', key: 'env-key' });
});

test('a key is never sent to a platform that it was not stored for', () => {
  runHere();
  storeLogin({ HOME: folder }, { url: 'https://fovea.example.org/', key: 'stored-key' });
  expect(find({ FOVEA_URL: 'http://elsewhere' })).toMatchObject({ key: undefined, keyFrom: '' });
  expect(find({ FOVEA_URL: 'https://fovea.example.org' })).toMatchObject({ key: 'stored-key' });
  expect(find({ FOVEA_URL: 'http://127.0.0.1:8080/' })).toMatchObject({ key: 'local-key' });
});

test('the login is readable by its user only, also when it is stored again', () => {
  const env = { HOME: folder };
  storeLogin(env, { url: 'http://a', key: 'k' });
  storeLogin(env, { url: 'http://b', key: 'l' });
  expect(statSync(loginFile(env)).mode & 0o777).toBe(0o600);
  expect(loginFile({ XDG_CONFIG_HOME: '/xdg' })).toBe('/xdg/fovea/config.json');
  expect(forgetLogin(env)).toBe(true);
  expect(forgetLogin(env)).toBe(false);
});

test('a broken login file is named', () => {
  storeLogin({ HOME: folder }, { url: 'http://a', key: 'k' });
  writeFileSync(loginFile({ HOME: folder }), '{');
  expect(() => find()).toThrow(/config\.json is not valid JSON; remove it and run "fovea login"/);
});
