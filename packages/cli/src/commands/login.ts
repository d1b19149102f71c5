import type { Command } from 'commander';
import { connect, findServer, forgetLogin, loginFile, storeLogin } from '../connect.ts';
import type { Context } from '../context.ts';
import { UsageError } from '../failure.ts';
import { print } from '../io.ts';
import { ask, readPiped } from '../terminal/prompt.ts';
import { withExamples, withJson } from './options.ts';

export function loginCommands(program: Command, context: Context): void {
  const { io } = context;

  withExamples(
    program
      .command('login')
      .description('store where a platform is and a key for it, for the commands that follow')
      .option('-u, --url <url>', 'where the platform is')
      .option('-k, --key <key>', 'the key; better left out: it is asked for, or read from standard input'),
    'fovea login --url http://127.0.0.1:8080',
    'cat key.txt | fovea login --url https://fovea.example.org',
  ).action(async (options: { url?: string; key?: string }) => {
    const url = options.url ?? (await ask(io, 'URL of the platform', { fallback: io.env['FOVEA_URL'] || 'http://127.0.0.1:8080', otherwise: 'Say where the platform is: --url URL.' }));
    const key = options.key ?? ((await readPiped(io)) || (await ask(io, 'Key', { hidden: true, otherwise: 'Give a key: --key KEY, or on standard input.' })));
    if (key === '') throw new UsageError('No key was given.');
    const me = await connect({ url, key }, io.signal).session.get();
    storeLogin(io.env, { url: url.replace(/\/+$/, ''), key });
    print(io, `${context.style.green('✓')} Signed in to ${url} as ${me.user.email}; stored in ${loginFile(io.env)}.`);
  });

  program
    .command('logout')
    .description('forget what "fovea login" stored')
    .action(() => print(io, forgetLogin(io.env) ? 'The login is forgotten; the key itself goes on working until it is revoked.' : 'There was no login.'));

  withJson(program.command('whoami').description('show who you are to which platform')).action(async (options: { json?: boolean }) => {
    const { url, urlFrom, keyFrom } = findServer(io);
    const me = await context.fovea.session.get();
    context.printOne(
      { url, ...me },
      [
        ['platform', `${url} (from ${urlFrom})`],
        ['user', `${me.user.name} <${me.user.email}>${me.user.admin ? ', administrator' : ''}`],
        ['organisation', me.organization.name],
        ['key', me.keyId === null ? null : `${me.keyId} (from ${keyFrom})`],
        ['scopes', me.scopes.join(', ')],
        ['project', me.projectId === null ? null : `only ${me.projectId}`],
        ['mode', me.test ? 'test' : null],
      ],
      options,
    );
  });
}
