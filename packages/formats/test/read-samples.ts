import type { LabelledItem, ReadOptions } from '../src/dataset.ts';
import { detectFormat, formatNamed } from '../src/detect.ts';
import { memorySource } from '../src/files.ts';

/** Reads files as other tools write them, in the format that they are recognised as. */
export async function readSamples(files: Record<string, string | Uint8Array>, format: string, options?: ReadOptions) {
  const source = memorySource(files);
  const found = (await detectFormat(source))?.name;
  if (found !== format) throw new Error(`taken for ${found ?? 'nothing'}, not ${format}`);
  const reading = formatNamed(format)!.read!(source, options);
  const items: LabelledItem[] = await Array.fromAsync(reading.items);
  return { items, first: items[0]!, labels: reading.labels().labels, report: reading.report() };
}
