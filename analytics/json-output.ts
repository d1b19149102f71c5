import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnalyticTask, OutputFile } from './analytic.ts';

/** Writes a value as a JSON file below the task's folder. */
export async function writeJson(task: AnalyticTask, output: string, name: string, value: unknown): Promise<OutputFile> {
  const path = join(task.outputDir, name);
  await writeFile(path, `${JSON.stringify(value, null, 2)}\n`);
  return { output, path, name, mediaType: 'application/json' };
}
