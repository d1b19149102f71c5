import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the real clients are kept between runs, whichever checkout the tests run in. */
export const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'fovea-clients');
