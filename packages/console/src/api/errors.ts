import type { ErrorCode } from '@fovea/contract';
import { ApiError, ConnectionError, TimeoutError } from '@fovea/sdk';
import { texts } from '../texts.ts';

/** True for an answer of the platform with this code. */
export function hasCode(error: unknown, code: ErrorCode): boolean {
  return error instanceof ApiError && error.code === code;
}

/** An error in one sentence for the reader. */
export function explain(error: unknown): string {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return texts.errors.offline;
  return error instanceof Error ? error.message : String(error);
}

/** The single faults of a refused request by the field they are about: `{ name: 'must not be empty' }`. */
export function faultsByField(error: unknown): Readonly<Record<string, string>> {
  if (!(error instanceof ApiError)) return {};
  return Object.fromEntries((error.errors ?? []).map(({ path, message }) => [path.replace(/^(body|query|params)\./, ''), message]));
}
