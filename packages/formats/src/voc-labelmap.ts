import type { LabelSet } from './dataset.ts';
import { type FileSource, readText } from './files.ts';

/** VOC's colour for a place: the bits of the place, three at a time, dealt out to red, green and blue from the top. */
export function vocColor(place: number): [number, number, number] {
  const color: [number, number, number] = [0, 0, 0];
  for (let bit = 0, rest = place; bit < 8; bit += 1, rest >>= 3) {
    for (const channel of [0, 1, 2] as const) color[channel] |= ((rest >> channel) & 1) << (7 - bit);
  }
  return color;
}

/** A class of `labelmap.txt` with its colour. */
export type VocClass = { name: string; color: [number, number, number] };

/** The name of what no class covers. */
const background = 'background';
/** Places in a palette: 0 is the background, 255 VOC's border. */
export const mostClasses = 254;

/**
 * The classes of `labelmap.txt`, one on each line, `name:red,green,blue:parts:actions`, as CVAT and Datumaro write it;
 * without the background. Undefined when there is no such file.
 */
export async function readLabelMap(source: FileSource, paths: readonly string[]): Promise<VocClass[] | undefined> {
  const path = paths.find((candidate) => /(^|\/)labelmap\.txt$/.test(candidate));
  const text = path === undefined ? undefined : await readText(source, path);
  if (text === undefined) return undefined;
  return text.split(/\r?\n/).flatMap((line): VocClass[] => {
    const [, name, red, green, blue] = /^(.+?):(\d+),(\d+),(\d+):[^:]*:[^:]*$/.exec(line) ?? [];
    const color: VocClass['color'] = [Number(red), Number(green), Number(blue)];
    const isBackground = color.every((part) => part === 0);
    return name === undefined || isBackground ? [] : [{ name, color }];
  });
}

/**
 * Writes `labelmap.txt`: the background, then the labels in their order with VOC's colours. `only` leaves labels out
 * that are told by their names elsewhere.
 */
export function labelMapText({ labels }: LabelSet, only: (name: string) => boolean = () => true): string {
  const rows = labels
    .slice(0, mostClasses)
    .flatMap(({ name }, index) => (only(name) ? [`${name}:${vocColor(index + 1).join(',')}::\n`] : []));
  return `# label:color_rgb:parts:actions\n${background}:0,0,0::\n${rows.join('')}`;
}

/** Whether other readers take a name as it is: they end it at the first colon and strip it, and refuse the file otherwise. */
export function isPlainClass(name: string): boolean {
  return !/[:\r\n]/.test(name) && !name.startsWith('#') && name.trim() === name && name !== background;
}
