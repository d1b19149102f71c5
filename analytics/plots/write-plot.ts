import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnalyticTask, OutputFile } from '../analytic.ts';

/** Writes an SVG plot below the task's folder. */
export async function writePlot(task: AnalyticTask, output: string, name: string, svg: string): Promise<OutputFile> {
  const path = join(task.outputDir, name);
  await writeFile(path, svg);
  return { output, path, name, mediaType: 'image/svg+xml' };
}
