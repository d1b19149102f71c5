// Analytics and jobs from the command line, against a real platform.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestPlatform, type TestPlatform } from '../../server/src/testing/platform.ts';
import { runCli, type TestIoOptions } from '../src/testing.ts';

let platform: TestPlatform;
let folder: string;

beforeAll(async () => {
  platform = await startTestPlatform();
  folder = mkdtempSync(join(tmpdir(), 'fovea-cli-'));
  const files = {
    'analytic.json': { name: 'cli/words', version: '1.0.0', inputs: [{ name: 'text', media: ['text'] }], parameters: [{ name: 'more', type: 'object', default: {} }], outputs: [{ name: 'words', type: 'file', filename: 'words.txt' }], runtime: { kind: 'process', command: ['sh', 'run.sh'] }, files: ['run.sh'] },
  };
  mkdirSync(join(folder, 'words'));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, 'words', name), JSON.stringify(content));
  writeFileSync(join(folder, 'words', 'run.sh'), 'echo counting >&2; wc -w < "${FOVEA_TASK%/*}/in/text/0/file.txt" > "$FOVEA_OUTPUT/words.txt"');
  writeFileSync(join(folder, 'a.txt'), 'one two three');
  await ok(['projects', 'create', 'Texts']);
  await ok(['upload', 'a.txt', '-D', 'Notes', '-p', 'Texts', '--create']);
});
afterAll(async () => {
  await platform.close();
  rmSync(folder, { recursive: true, force: true });
});

const fovea = (args: readonly string[], options: TestIoOptions = {}) => runCli(args, { cwd: folder, ...options, env: { HOME: folder, FOVEA_URL: platform.url, FOVEA_KEY: platform.key } });
async function ok(args: readonly string[]): Promise<{ out: string; err: string }> {
  const { code, out, err } = await fovea(args);
  expect([args.join(' '), code, code === 0 ? '' : err]).toEqual([args.join(' '), 0, '']);
  return { out, err };
}

test('analytics try runs a folder and a built-in one without a platform, and says what is wrong', async () => {
  const { out } = await ok(['analytics', 'try', 'words', '--input', 'text=a.txt', '--out', 'tried', '--json']);
  expect(JSON.parse(out)).toMatchObject({ analytic: 'cli/words', outputs: [{ output: 'words' }] });
  expect(readFileSync(join(folder, 'tried', 'words.txt'), 'utf8').trim()).toBe('3');
  const wrong = await fovea(['analytics', 'try', 'words', '--input', 'image=a.txt']);
  expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining('has no input image; it has text')]);
  expect((await fovea(['analytics', 'try', 'words', '--input', 'text'])).code).toBe(2);
  expect((await fovea(['analytics', 'try', 'words', '--input', 'text=none.txt'])).err).toContain('does not exist');
  expect((await fovea(['analytics', 'try', 'nothing'])).err).toContain('neither a built-in analytic nor a folder');
  mkdirSync(join(folder, 'cyclic'));
  writeFileSync(join(folder, 'cyclic', 'run.ts'), 'export default () => ({ files: [] });');
  writeFileSync(join(folder, 'cyclic', 'manifest.ts'), `const self = {}; self.me = self;\nexport default { name: 'cli/cyclic', version: '1.0.0', inputs: [], parameters: [{ name: 'a', type: 'object', default: self }], outputs: [] };\n`);
  const cyclic = await fovea(['analytics', 'push', 'cyclic']);
  expect([cyclic.code, cyclic.err]).toEqual([1, expect.stringMatching(/^Error: the manifest of \S+ is not valid: [^\n]*holds itself[^\n]*\n$/)]);
});

test('what an analytic does wrong while it is tried is told in a line, and its time is that of a job', async () => {
  const base = { name: 'cli/wrong', version: '1.0.0', timeoutSeconds: 1, inputs: [], outputs: [{ name: 'out', type: 'json', filename: 'out.json' }], runtime: { kind: 'process', command: ['sh', 'run.sh'] }, files: ['run.sh'] };
  for (const [name, script, message] of [
    ['half', `printf '{"a": [1' > "$FOVEA_OUTPUT/out.json"`, /^Error: out\.json is not valid JSON: [^\n]*\n$/],
    ['endless', 'while true; do sleep 1; done', /^Error: The job took longer than 1 seconds[^\n]*\n$/],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'analytic.json'), JSON.stringify({ ...base, ...(name === 'half' && { timeoutSeconds: 60 }) }));
    writeFileSync(join(folder, name, 'run.sh'), script);
    const { code, err } = await fovea(['analytics', 'try', name]);
    expect([name, code, err]).toEqual([name, 1, expect.stringMatching(message)]);
  }
});

test('push, run, watch, download, cancel', async () => {
  expect((await ok(['analytics', 'push', 'words'])).out).toContain('Pushed cli/words@1.0.0 with 1 file');
  const again = await fovea(['analytics', 'push', 'words']);
  expect([again.code, again.err]).toEqual([1, expect.stringContaining('raise the version')]);
  expect((await ok(['analytics', 'list', '-n', 'cli/words'])).out).toContain('process');
  const { out } = await ok(['run', 'cli/words', '-D', 'Notes', '--input', 'text=/a.txt', '--param', 'more={"a":1}', '--json']);
  const job = JSON.parse(out);
  const watched = await ok(['jobs', 'watch', job.id]);
  expect(watched.out).toContain('is complete');
  expect(watched.err).toContain('counting');
  expect((await ok(['jobs', 'log', job.id])).out).toBe('counting\n');
  await ok(['jobs', 'download', job.id, '--to', 'got']);
  expect(readFileSync(join(folder, 'got', 'words.txt'), 'utf8').trim()).toBe('3');
  expect((await ok(['jobs', 'list', '--status', 'complete'])).out).toContain('cli/words@1.0.0');
  const late = await fovea(['jobs', 'cancel', job.id]);
  expect([late.code, late.err]).toEqual([1, expect.stringContaining('The job is complete')]);
  const failed = await fovea(['run', 'fovea/motion-tracks', '-D', 'Notes', '--input', 'video=/a.txt', '--wait']);
  expect([failed.code, failed.err]).toEqual([1, expect.stringContaining('takes video')]);
  expect((await fovea(['run', 'cli/words', '--input', 'text=/a.txt'])).err).toContain('--dataset');
  expect((await ok(['run', 'cli/words', '-D', 'Notes', '--query', 'text={"path":"/a.txt"}', '--param', 'more={"a":1}', '--wait'])).out).toContain('is complete');
  for (const [query, message] of [['text', /NAME=VALUE/], ['text={', /not valid JSON/], ['text=[]', /takes a filter/], ['text={"path":"/none"}', /finds no item/]] as const) {
    expect((await fovea(['run', 'cli/words', '-D', 'Notes', '--query', query])).err).toMatch(message);
  }
});
