import { describe, expect, test } from 'vitest';
import type { LabelledItem } from './dataset.ts';
import { formatNamed, guessFormats } from './detect.ts';
import { encodeText, memorySource } from './files.ts';

const coco = JSON.stringify({ images: [{ id: 1, file_name: 'ä.png', width: 64, height: 48 }], annotations: [{ id: 1, image_id: 1, category_id: 1, bbox: [4, 8, 16, 24] }], categories: [{ id: 1, name: 'größe' }] }, undefined, 1);
const voc = '<annotation><filename>ä.png</filename><size><width>64</width><height>48</height><depth>3</depth></size><object><name>größe</name><bndbox><xmin>5</xmin><ymin>9</ymin><xmax>20</xmax><ymax>32</ymax></bndbox></object></annotation>\n';

/** Texts as programs save them: with a byte order mark, in UTF-16, with line ends of Windows. */
const encodings: Record<string, (text: string) => Uint8Array> = {
  'UTF-8 with a byte order mark': (text) => encodeText(`\ufeff${text}`),
  'UTF-8 with CRLF': (text) => encodeText(text.replaceAll('\n', '\r\n')),
  'UTF-16, little end first': (text) => Buffer.from(`\ufeff${text}`, 'utf16le'),
  'UTF-16, big end first': (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16(),
};

describe.each(Object.entries(encodings))('%s', (_, encode) => {
  test.each([
    ['coco', { 'annotations.json': encode(coco) }],
    ['voc', { 'Annotations/ä.xml': encode(voc) }],
    ['yolo', { 'data.yaml': encode('names:\n  0: größe\n'), 'images/ä.png': new Uint8Array(0), 'labels/ä.txt': encode('0 0.1875 0.416667 0.25 0.5\n') }],
    ['open-images', { 'class-descriptions-boxable.csv': encode('/m/1,größe\n'), 'train-annotations-bbox.csv': encode('ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\nä,x,/m/1,1,0.0625,0.3125,0.1667,0.6667\n'), 'images/train/ä.png': new Uint8Array(0) }],
  ])('%s is found out and read', async (name, files) => {
    const source = memorySource(files);
    expect((await guessFormats(source))[0]?.format.name).toBe(name);
    const reading = formatNamed(name)!.read!(source, { mediaOf: () => ({ width: 64, height: 48 }) });
    const items: LabelledItem[] = await Array.fromAsync(reading.items);
    expect(items.map(({ path, annotations }) => [path, annotations.map(({ label, geometry }) => [label, geometry.type])])).toEqual([['ä.png', [['größe', 'box']]]]);
  });
});
