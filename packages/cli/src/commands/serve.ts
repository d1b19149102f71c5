import type { Role, Running } from '@fovea/server';
import { InvalidArgumentError, Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { note, print } from '../io.ts';
import { wholeNumber, withExamples } from './options.ts';

const allRoles: readonly Role[] = ['api', 'worker', 'console'];

interface ServeFlags {
  data?: string;
  host?: string;
  port?: number;
  roles?: Role[];
  demo: boolean;
}

export function serveCommand(program: Command, context: Context): void {
  withExamples(
    program
      .command('serve')
      .description('start a platform here and keep it running')
      .option('--data <dir>', 'folder of its data (default: FOVEA_DATA or ./data)')
      .option('--host <host>', 'address to listen on (default: FOVEA_HOST or 127.0.0.1)')
      .addOption(new Option('--port <n>', 'port to listen on (default: FOVEA_PORT or 8080)').argParser(portNumber))
      .addOption(new Option('--roles <roles>', `what it does, of ${allRoles.join(',')} (default: all)`).argParser(roleList))
      .option('--no-demo', 'do not fill an empty data folder with the Demo project'),
    'fovea serve',
    'fovea serve --data /srv/fovea --host 0.0.0.0 --port 80',
    'fovea serve --roles api,console',
  ).action(async (flags: ServeFlags) => serve(context, flags));
}

async function serve(context: Context, flags: ServeFlags): Promise<void> {
  const { io } = context;
  // Loaded only here: the other commands start without the server.
  const { startPlatform } = await import('@fovea/server');
  const running = await startPlatform({
    ...(flags.data === undefined ? {} : { dataDir: flags.data }),
    ...(flags.host === undefined ? {} : { host: flags.host }),
    ...(flags.port === undefined ? {} : { port: flags.port }),
    ...(flags.roles === undefined ? {} : { roles: flags.roles }),
    // The lines below say what a person wants to know; the log speaks up when something is wrong.
    env: { FOVEA_LOG_LEVEL: 'warn', ...io.env },
  });
  greet(context, running);
  if (flags.demo) await fillDemo(context, running);
  await interrupted(io.signal);
  note(io, 'Stopping …');
  await running.close();
}

/** On an empty platform runs the main job into a project named Demo, so that the first look at the console shows it at work. */
async function fillDemo(context: Context, running: Running): Promise<void> {
  const { io, style } = context;
  if (!running.fresh || running.adminKey === undefined) return;
  const { Fovea } = await import('@fovea/sdk');
  const { wholeDemo } = await import('../demo/files.ts');
  const { runPipeline } = await import('../demo/pipeline.ts');
  const { steps } = await import('./demo.ts');
  const fovea = new Fovea({ url: running.url, key: running.adminKey, signal: io.signal });
  try {
    const result = await runPipeline(fovea, { samples: wholeDemo, projectName: 'Demo', verify: false, onProgress: steps(context) });
    print(io, `${style.green('✓')} The project "Demo" is ready to look at: ${result.items} items, ${result.annotations} annotations, ${result.tasks} tasks.`);
  } catch (error) {
    // The platform itself runs; only the samples are missing, and the reason is told.
    if (!io.signal.aborted) note(io, `The Demo project could not be filled: ${(error as Error).message}`);
  }
}

function greet({ io, style }: Context, running: Running): void {
  print(io, `${style.green('●')} Fovea is ready at ${style.bold(running.url)}`);
  print(io, `  ${style.dim('data')}       ${running.config.dataDir}`);
  if (running.newKey !== undefined) {
    print(io, `  ${style.dim('admin key')}  ${style.bold(running.newKey)}`);
    print(io, `             ${style.dim('shown this once; sign in to the console with it')}`);
  }
  print(io, `  ${style.dim('stop')}       Ctrl-C`);
}

/** Resolves when the command is to end. */
export function interrupted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

function portNumber(text: string): number {
  const port = wholeNumber(0)(text);
  if (port > 65_535) throw new InvalidArgumentError('It must be from 0 to 65535.');
  return port;
}

function roleList(text: string): Role[] {
  return text.split(',').map((name) => {
    const role = allRoles.find((known) => known === name.trim());
    if (!role) throw new InvalidArgumentError(`Allowed are ${allRoles.join(', ')}, separated by commas.`);
    return role;
  });
}
