import type { Format, LabelledItem } from './dataset.ts';
import { encodeText, readLines } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { baseName, extensionOf, isMediaPath } from './paths.ts';
import { readingOf } from './reading.ts';
import { approximated, dropped, exactWhere, tableOf } from './table.ts';
import { writingOf } from './writing.ts';

const classifyTable = tableOf({
  types: { classification: exactWhere('it is the first of its item; further ones are dropped') },
  item: {
    unlabelled: dropped('the folder of a picture is its class'),
    size: approximated('not said; read from the picture itself'),
    split: approximated('items without one, or with one but train, val and test, are put into train'),
  },
  label: { unused: dropped('a class is a folder with pictures') },
});

const classifyRules: FitRules = {
  table: classifyTable,
  annotation: (annotation) => {
    const isPlain = !/[\\/:*?"<>|]|^\.+$/.test(annotation.label);
    return isPlain
      ? { annotations: [annotation], ways: [] }
      : {
          annotations: [{ ...annotation, label: folderName(annotation.label) }],
          ways: ['characters of the label that a folder cannot have replaced'],
        };
  },
  item: (item, _labels, mark) => {
    const [first, ...rest] = item.annotations;
    for (const annotation of rest) mark.lose(annotation, 'a picture has one class, the first');
    return { ...item, split: classifySplit(item), annotations: first ? [first] : [] };
  },
};

function classifySplit({ split }: LabelledItem): string {
  return split === 'val' || split === 'test' ? split : 'train';
}

function folderName(label: string): string {
  return label.replaceAll(/[\\/:*?"<>|]/g, '_').replace(/^\.+$/, '_');
}

/** YOLO classification: pictures in a folder for each class; the media's place is all there is. */
export const yoloClassify: Format = {
  name: 'yolo-classify',
  title: 'YOLO (classification)',
  reference: 'https://docs.ultralytics.com/datasets/classify/',
  extensions: ['jpg', 'png'],
  table: classifyTable,
  async detect({ paths }) {
    const pictures = paths.filter(isMediaPath);
    const placed = pictures.filter((path) => /^(?:.*\/)?(train|val|valid|test)\/(?!images\/)[^/]+\/.+$/.test(path));
    const others = paths.some(
      (path) =>
        /^(txt|json|xml|ya?ml|csv)$/.test(extensionOf(path)) && !/readme|license|^pictures\.txt$/i.test(baseName(path)),
    );
    return pictures.length > 0 && placed.length === pictures.length && !others ? 0.8 : 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      // Our own list says nothing that the places of the pictures do not say.
      for await (const _ of readLines(source, 'pictures.txt'));
      for (const file of (await context.mediaPaths()).sort()) {
        const [, split, label, path] =
          /^(?:.*?\/)?(train|val|valid|test)\/([^/]+)\/(.+)$/.exec(file) ?? /^()([^/]+)\/(.+)$/.exec(file) ?? [];
        const item = await context.item(path ?? file, { split: split === 'valid' ? 'val' : split || undefined, file });
        if (item === undefined) continue;
        if (label !== undefined) context.accept(item, { label, geometry: { type: 'classification' } });
        yield context.done(item);
      }
    }),
  write: (items, labels, options) =>
    writingOf(classifyRules, items, labels, options, async function* (context) {
      // Nothing is written but the list of what lies where; the media, put where `mediaPath` says, is the dataset.
      for await (const item of context.items) {
        const path = yoloClassify.mediaPath(item);
        yield { path: 'pictures.txt', bytes: encodeText(`${path}\n`) };
      }
    }),
  fitting: (labels, options) => fittingOf(classifyRules, labels, options),
  mediaPath: (item) => `${classifySplit(item)}/${folderName(item.annotations[0]?.label ?? 'unlabelled')}/${item.path}`,
};
