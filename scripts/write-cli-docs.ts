// Writes docs/cli.md from the help texts of the program. A test fails while it is not up to date.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cliReference } from '../packages/cli/src/reference.ts';

writeFileSync(join(import.meta.dirname, '..', 'docs', 'cli.md'), await cliReference());
