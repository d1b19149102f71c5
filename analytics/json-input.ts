import { readFile, stat } from 'node:fs/promises';
import type { z } from 'zod';
import { InputError, type InputFile } from './analytic.ts';

const maxBytes = 512 * 1024 * 1024;

/** Reads a JSON file and checks its shape. Throws InputError that names the place of what is wrong. */
export async function readJson<T extends z.ZodType>(file: InputFile, schema: T): Promise<z.infer<T>> {
  const { size } = await stat(file.path);
  if (size > maxBytes)
    throw new InputError(
      `${file.name}: has ${size.toLocaleString('en')} bytes; at most ${maxBytes.toLocaleString('en')} are read`,
    );
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file.path, 'utf8'));
  } catch (error) {
    throw new InputError(`${file.name}: is not JSON: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(`${file.name}: ${issue?.path.join('.') || 'the document'}: ${issue?.message ?? 'is not valid'}`);
}
