import { Option, type Command } from 'commander';
import type { Context } from '../context.ts';
import { note, print } from '../io.ts';
import { interrupted } from './serve.ts';
import { wholeNumber, withExamples } from './options.ts';

interface WorkerFlags {
  data?: string;
  queues?: string[];
  concurrency?: number;
}

export function workerCommand(program: Command, context: Context): void {
  withExamples(
    program
      .command('worker')
      .description('work off the queue of a running platform, beside it or on another host')
      .option('--data <dir>', 'folder of its data (default: FOVEA_DATA or ./data)')
      .addOption(new Option('--queues <names>', 'only these queues, e.g. items or items.describe (default: all)').argParser((text) => text.split(',').map((name) => name.trim())))
      .addOption(new Option('--concurrency <n>', 'how many messages of one kind at once').argParser(wholeNumber(1))),
    'fovea worker --concurrency 4',
    'FOVEA_DATABASE_URL=postgres://… FOVEA_BLOBS=s3://… fovea worker --queues items',
  ).action(async (flags: WorkerFlags) => {
    const { io, style } = context;
    const { startWorker } = await import('@fovea/server');
    const { data: dataDir, queues, concurrency } = flags;
    const running = await startWorker({
      env: io.env,
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(queues === undefined ? {} : { queues }),
      ...(concurrency === undefined ? {} : { concurrency }),
    });
    print(io, `${style.green('●')} The worker is ready.`);
    await interrupted(io.signal);
    note(io, 'Stopping …');
    await running.close();
  });
}
