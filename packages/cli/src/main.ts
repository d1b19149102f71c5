import { run } from './program.ts';

const interrupted = new AbortController();
let interrupts = 0;
const interrupt = () => {
  interrupts += 1;
  interrupted.abort();
  // The second time the user means it.
  if (interrupts > 1) process.exit(130);
};
process.on('SIGINT', interrupt);
process.on('SIGTERM', interrupt);
process.on('SIGHUP', interrupt);

// A reader that has seen enough, such as head, closes the pipe; that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  cwd: process.cwd(),
  signal: interrupted.signal,
});
// Who was told to end has ended, whatever a timer still waits for.
if (interrupted.signal.aborted) process.exit();
