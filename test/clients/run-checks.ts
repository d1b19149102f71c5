import { spawn } from 'node:child_process';

export interface Outcome {
  /** Names of the checks that passed. */
  passed: string[];
  /** What the failed ones said; everything that the program said when it ended by a fault of its own. */
  failed: string[];
}

/** Runs a program that prints `PASS name` or `FAIL name why` for each of its checks; its last argument is `settings` as JSON. */
export function runChecks(command: string, args: readonly string[], options: { cwd: string; settings: object; env?: Record<string, string> }): Promise<Outcome> {
  const env = { ...process.env, PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: '1', PYTHONWARNINGS: 'ignore', ...options.env };
  const child = spawn(command, [...args, JSON.stringify(options.settings)], { cwd: options.cwd, env });
  let output = '';
  child.stdout.on('data', (part: Buffer) => (output += part.toString('utf8')));
  child.stderr.on('data', (part: Buffer) => (output += part.toString('utf8')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const lines = output.split('\n');
      const failed = lines.filter((line) => line.startsWith('FAIL '));
      resolve({ passed: lines.flatMap((line) => (line.startsWith('PASS ') ? [line.slice(5)] : [])), failed: code === 0 ? failed : [...failed, output] });
    });
  });
}
