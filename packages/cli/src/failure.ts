import { ApiError, ConnectionError, FoveaError, UploadManyError } from '@fovea/sdk';
import { CommanderError } from 'commander';
import { plain } from './terminal/text.ts';

/** The command was called wrongly: exit code 2. */
export class UsageError extends Error {
  override name = 'UsageError';
}

/** The command could not do its work, and says all that there is to say: exit code 1. */
export class CommandFailure extends Error {
  override name = 'CommandFailure';
}

/** What an error means for the user. */
export interface Failure {
  /** 0 for what is none, such as a help text. */
  exitCode: 0 | 1 | 2;
  /** What to print; empty when it was printed already. */
  lines: string[];
}

/** An error in the user's words, with what to do next. */
export function describeFailure(error: unknown, server?: { url: string; keyFrom: string }): Failure {
  if (error instanceof CommanderError) return { exitCode: error.exitCode === 0 ? 0 : 2, lines: [] };
  if (error instanceof UsageError) return { exitCode: 2, lines: [error.message] };
  if (error instanceof ApiError) return { exitCode: 1, lines: apiLines(error, server) };
  if (error instanceof UploadManyError) return { exitCode: 1, lines: [error.message] };
  if (error instanceof ConnectionError) {
    return { exitCode: 1, lines: [error.message, 'Is the platform running? Start one with "npm start", or set FOVEA_URL to where it is.'] };
  }
  if (error instanceof FoveaError || error instanceof CommandFailure || isSentence(error)) return { exitCode: 1, lines: [error.message] };
  return { exitCode: 1, lines: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
}

function apiLines(error: ApiError, server: { url: string; keyFrom: string } | undefined): string[] {
  const lines = [plain(error.detail)];
  if (error.errors.length > 1) lines.push(...error.errors.map((one) => `  ${plain(`${one.path}: ${one.message}`)}`));
  const keyFrom = server?.keyFrom ?? '';
  if (error.code === 'unauthenticated') {
    lines.push(keyFrom === '' ? 'No key is known: run "fovea login", or set FOVEA_KEY.' : `The key came from ${keyFrom}. Run "fovea login", or set FOVEA_KEY to a key that works.`);
  }
  if (error.code === 'forbidden') lines.push('Run "fovea whoami" to see who you are and what the key may do.');
  if (error.status >= 500 && error.requestId !== '') lines.push(`The server's log has more under request ${plain(error.requestId)}.`);
  return lines;
}

/** Errors of a starting platform that say all there is to say. By name: the server is loaded by the commands that need it only. */
const sentences = new Set(['ConfigError', 'DatabaseStartError', 'DatabaseConnectError', 'SchemaError', 'BlobError', 'InputError', 'RunnerError', 'RunnerMissing']);

function isSentence(error: unknown): error is Error {
  return error instanceof Error && sentences.has(error.name);
}
