export { InputError } from '@fovea/analytics/analytic.ts';
export { readAnalyticFolder } from '@fovea/analytics/folder.ts';
export { tryLocally, type TryResult } from '../compute/try.ts';
