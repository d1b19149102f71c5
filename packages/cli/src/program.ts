import { Command } from 'commander';
import { analyticCommands } from './commands/analytics.ts';
import { backupCommands } from './commands/backup.ts';
import { convertCommand } from './commands/convert.ts';
import { datasetCommands } from './commands/datasets.ts';
import { demoCommand } from './commands/demo.ts';
import { doctorCommand } from './commands/doctor.ts';
import { downloadCommand } from './commands/download.ts';
import { exportCommand } from './commands/export.ts';
import { formatsCommand } from './commands/formats.ts';
import { importCommand } from './commands/import.ts';
import { itemCommands } from './commands/items.ts';
import { jobCommands } from './commands/jobs.ts';
import { keyCommands } from './commands/keys.ts';
import { loginCommands } from './commands/login.ts';
import { auditCommand } from './commands/audit.ts';
import { memberCommands } from './commands/members.ts';
import { usageCommands } from './commands/usage.ts';
import { projectCommands } from './commands/projects.ts';
import { runCommand } from './commands/run.ts';
import { serveCommand } from './commands/serve.ts';
import { uploadCommand } from './commands/upload.ts';
import { userCommands } from './commands/users.ts';
import { versionCommands } from './commands/versions.ts';
import { workerCommand } from './commands/worker.ts';
import { Context } from './context.ts';
import { describeFailure } from './failure.ts';
import { note, type Io } from './io.ts';
import { styleFor } from './terminal/style.ts';

/** The version of the program and of the platform that it serves. */
export const version = '0.1.0';

/** The program with all its commands. */
export function createProgram(context: Context): Command {
  const { io } = context;
  const program = new Command('fovea')
    .description('Fovea: a self-hosted platform for visual data. Keeps images, videos and scans, has people label and machines process them.')
    .version(version, '-V, --version', 'print the version')
    .helpCommand('help [command]', 'print the help of a command')
    .helpOption('-h, --help', 'print this help')
    .addHelpText(
      'after',
      `
The platform is found by FOVEA_URL and FOVEA_KEY, else by what "fovea login" stored, else by the one that runs on ./data.
Exit codes: 0 done, 1 failed, 2 wrong usage.

Examples:
  $ fovea serve                                             start a platform here
  $ fovea projects create Street
  $ fovea datasets create Night --project Street
  $ fovea upload ./photos --dataset Night --label rain
  $ fovea items list --dataset Night --kind image
  $ fovea download --dataset Night --to ./copy
  $ fovea export --dataset Night --format coco --to night.zip
  $ fovea convert ./coco ./yolo --to yolo`,
    );
  for (const add of [
    serveCommand,
    workerCommand,
    doctorCommand,
    backupCommands,
    demoCommand,
    loginCommands,
    uploadCommand,
    downloadCommand,
    importCommand,
    exportCommand,
    convertCommand,
    formatsCommand,
    projectCommands,
    datasetCommands,
    versionCommands,
    itemCommands,
    analyticCommands,
    runCommand,
    jobCommands,
    memberCommands,
    userCommands,
    keyCommands,
    usageCommands,
    auditCommand,
  ]) {
    add(program, context);
  }
  return prepare(program, io);
}

/** Output and exits are ours, in every command. */
function prepare(command: Command, io: Io): Command {
  command
    .exitOverride()
    .showHelpAfterError('Run it with --help for how it is used.')
    .configureOutput({
      writeOut: (text) => void io.stdout.write(text),
      writeErr: (text) => void io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 110,
      getErrHelpWidth: () => io.stderr.columns ?? 110,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) prepare(child, io);
  return command;
}

/** Runs one command line; gives the exit code. */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const context = new Context(io);
  try {
    await createProgram(context).parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    if (io.signal.aborted) {
      note(io, 'Interrupted.');
      return 1;
    }
    const { exitCode, lines } = describeFailure(error, context.knownServer);
    const style = styleFor(io.stderr, io.env);
    for (const [index, line] of lines.entries()) note(io, index === 0 ? `${style.red('Error:')} ${line}` : line);
    return exitCode;
  }
}
