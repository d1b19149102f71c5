// Formats and fixes what can be fixed by itself.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const lint = spawnSync(bin('oxlint'), ['--fix', '--quiet', '.'], { cwd: root, stdio: 'inherit' });
const format = spawnSync(bin('oxfmt'), ['.'], { cwd: root, stdio: 'inherit' });
process.exit(lint.status === 0 && format.status === 0 ? 0 : 1);
