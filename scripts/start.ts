// `npm start`: the whole platform on its embedded engines, with the Demo project on an empty data folder.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildConsole } from './build-console.ts';

await buildConsole();
const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'packages', 'cli', 'src', 'main.ts'), 'serve', ...process.argv.slice(2)], { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => process.exit(code ?? 1));
