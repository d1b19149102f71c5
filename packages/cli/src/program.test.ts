import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { afterEach, expect, test } from 'vitest';
import { serveHttp, sendProblem, type TestServer } from '../../sdk/src/testing.ts';
import { timeToCome } from './commands/options.ts';
import { Context } from './context.ts';
import { createProgram } from './program.ts';
import { cliReference } from './reference.ts';
import { runCli, testIo } from './testing.ts';

let server: TestServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

function everyCommand(command: Command, path = ''): [string, Command][] {
  return command.commands.flatMap((child) => [[`${path}${child.name()}`, child] as [string, Command], ...everyCommand(child, `${path}${child.name()} `)]);
}
const program = createProgram(new Context(testIo().io));

test.each(everyCommand(program))('%s has a help text: what it does, every argument and option described', async (path, command) => {
  const { code, out } = await runCli([...path.split(' '), '--help']);
  expect(code).toBe(0);
  expect(out).toContain(`Usage: fovea ${path}`);
  expect(command.description()).not.toBe('');
  for (const option of command.options) expect(option.description, `${path} ${option.flags}`).not.toBe('');
});

test.each([
  [['bogus'], /unknown command 'bogus'/],
  [['projects', 'create'], /missing required argument 'name'/],
  [['upload', 'x'], /required option '-D, --dataset <dataset>' not specified/],
  [['items', 'list', '-D', 'd', '--limit', '0'], /must be a whole number from 1 on/],
  [['items', 'list', '-D', 'd', '--kind', 'smell'], /Allowed choices are image/],
  [['keys', 'create', '--name', 'n', '--scope', 'fly'], /Allowed are read, write, label, admin/],
  [['keys', 'create', '--name', 'n', '--expires', 'soon'], /must be a time like 2027-01-31/],
  [['usage', 'quota', 'p', 'much'], /must be bytes such as 500G/],
  [['audit', '--from', 'soon'], /must be a time like 2027-01-31/],
  [['serve', '--port', '70000'], /must be from 0 to 65535/],
  [['serve', '--roles', 'api,cook'], /Allowed are api, worker, console/],
  [['upload', '/nonexistent/file', '--dataset', 'd'], /"\/nonexistent\/file" does not exist/],
  [['login', '--url', 'http://x'], /Give a key: --key KEY, or on standard input/],
])('%j is wrong usage: exit code 2', async (args, message) => {
  const { code, out, err } = await runCli(args, { env: { FOVEA_URL: 'http://127.0.0.1:1' } });
  expect(err).toMatch(message);
  expect(out).toBe('');
  expect(code).toBe(2);
});

test('docs/cli.md is up to date', async () => {
  const written = readFileSync(join(import.meta.dirname, '..', '..', '..', 'docs', 'cli.md'), 'utf8');
  expect(written).toBe(await cliReference());
});

test('without a command it prints the help, as wrong usage', async () => {
  const { code, err } = await runCli([]);
  expect(code).toBe(2);
  expect(err).toContain('Usage: fovea');
});

test('--version prints the version', async () => expect(await runCli(['--version'])).toMatchObject({ code: 0, out: '0.1.0\n' }));

test('no platform known, none running, and a refused key each say what to do', async () => {
  const unknown = await runCli(['projects', 'list']);
  expect(unknown).toMatchObject({ code: 1, out: '' });
  expect(unknown.err).toContain('Start one with "npm start"');
  server = await serveHttp((_, response) => sendProblem(response, 401, 'unauthenticated'));
  const { url } = server;
  const refused = await runCli(['projects', 'list'], { env: { FOVEA_URL: url, FOVEA_KEY: 'very-secret' } });
  expect(refused.err).toBe('Error: It is unauthenticated.\nThe key came from FOVEA_KEY. Run "fovea login", or set FOVEA_KEY to a key that works.\n');
  const without = await runCli(['projects', 'list'], { env: { FOVEA_URL: url } });
  expect(without.err).toContain('No key is known: run "fovea login", or set FOVEA_KEY.');
  await server.close();
  server = undefined;
  const gone = await runCli(['projects', 'list'], { env: { FOVEA_URL: url, FOVEA_KEY: 'very-secret' } });
  expect(gone.code).toBe(1);
  expect(gone.err).toContain(`${url} cannot be reached`);
  expect(gone.err).toContain('Start one with "npm start", or set FOVEA_URL to where it is.');
});

test('a key never stands in an error, not even a malformed one', async () => {
  const { code, err } = await runCli(['whoami'], { env: { FOVEA_URL: 'http://127.0.0.1:1', FOVEA_KEY: 'very secret' } });
  expect(code).toBe(1);
  expect(err).toContain('The key contains characters that no key has');
  expect(err).not.toContain('secret');
});

test('field errors are listed, and a fault of the server names its request', async () => {
  server = await serveHttp((_, response, count) =>
    count === 1
      ? sendProblem(response, 400, 'invalid_request', { errors: [{ path: 'body.name', message: 'must not be empty' }, { path: 'body.metadata', message: 'is too deep' }] })
      : sendProblem(response, 500, 'internal'),
  );
  const env = { FOVEA_URL: server.url, FOVEA_KEY: 'k' };
  expect((await runCli(['projects', 'create', 'A'], { env })).err).toContain('  body.name: must not be empty\n  body.metadata: is too deep\n');
  expect((await runCli(['projects', 'create', 'A'], { env })).err).toContain("The server's log has more under request request-1.");
});

test('an interrupt ends a command', async () => {
  server = await serveHttp(() => undefined);
  const { code, err } = await runCli(['projects', 'list'], { env: { FOVEA_URL: server.url, FOVEA_KEY: 'k' }, signal: AbortSignal.timeout(100) });
  expect(code).toBe(1);
  expect(err).toBe('Interrupted.\n');
});

test('times to come are durations, days or RFC 3339', () => {
  expect(Math.abs(Date.parse(timeToCome('30d')) - Date.now() - 30 * 86_400_000)).toBeLessThan(5_000);
  expect(timeToCome('2027-01-31')).toBe('2027-01-31T00:00:00.000Z');
  expect(timeToCome('2027-01-31T18:00:00+02:00')).toBe('2027-01-31T16:00:00.000Z');
});

test.each(['', 'tomorrow', '5', '2027-13-01', '2027-01-31T18:00'])('"%s" is no time to come', (text) => expect(() => timeToCome(text)).toThrow(InvalidArgumentError));
