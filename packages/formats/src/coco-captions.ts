import { fitCaption, captionLabel } from './captions.ts';
import { imageRecord } from './coco-write.ts';
import { cocoItem, cocoRecords, indexCoco, recordName, requireFiles, splitOfFile } from './coco-file.ts';
import type { Format } from './dataset.ts';
import { encodeText, type FilePiece, listPaths } from './files.ts';
import { type FitRules, fittingOf } from './fit.ts';
import { asFileName, baseName } from './paths.ts';
import { readingOf } from './reading.ts';
import { approximated, dropped, exact, tableOf } from './table.ts';
import { asCount, asText } from './values.ts';
import { SpooledText, type WriteContext, writingOf } from './writing.ts';

const table = tableOf({
  types: { text: approximated(`without its label and span: all are read as "${captionLabel}"`) },
  item: { split: exact, metadata: exact },
  label: { unused: dropped('captions have no labels') },
});
const rules: FitRules = { table: { ...table, types: { ...table.types, text: exact } }, annotation: fitCaption };

/** COCO captions: a sentence or several for each picture. */
export const cocoCaptions: Format = {
  name: 'coco-captions',
  title: 'COCO (captions)',
  reference: 'https://cocodataset.org/#format-data',
  extensions: ['json'],
  table,
  async detect(files) {
    for (const path of files.paths.filter((candidate) => candidate.endsWith('.json')).slice(0, 5)) {
      const head = await files.head(path);
      if (/"images"\s*:/.test(head) && (/"caption"\s*:/.test(head) || /caption/i.test(baseName(path)))) return 0.95;
    }
    return 0;
  },
  read: (source, options) =>
    readingOf(source, options, async function* (context) {
      const paths = await listPaths(source);
      const files = requireFiles(paths, (candidate) => candidate.endsWith('.json'), 'COCO file');
      yield* context.eachFile(files, async function* (path) {
        const index = await indexCoco(context, path);
        for await (const { image, records } of cocoRecords(context, index)) {
          const item = await cocoItem(context, image, splitOfFile(path));
          if (item === undefined) continue;
          for (const record of records) {
            const text = asText(record['caption']);
            const id = asCount(record['id']);
            if (text === undefined) context.drop(item, recordName(record), 'it has no caption');
            else
              context.accept(item, {
                label: captionLabel,
                geometry: { type: 'text', text },
                ...(id !== undefined && { id: String(id) }),
              });
          }
          yield context.done(item);
        }
      });
    }),
  write: (items, labels, options) => writingOf(rules, items, labels, options, writeCaptions),
  fitting: (labels, options) => fittingOf(rules, labels, options),
  mediaPath: (item) => `images/${item.path}`,
};

async function* writeCaptions({ items, options }: WriteContext): AsyncIterable<FilePiece> {
  const splits = new Map<
    string,
    { images: SpooledText; captions: SpooledText; imageCount: number; captionCount: number }
  >();
  const splitOf = (name: string) => {
    const split = splits.get(name) ?? {
      images: new SpooledText(options),
      captions: new SpooledText(options),
      imageCount: 0,
      captionCount: 0,
    };
    splits.set(name, split);
    return split;
  };
  for await (const item of items) {
    const split = splitOf(asFileName(item.split ?? 'default'));
    const image_id = (split.imageCount += 1);
    await split.images.add(`${image_id === 1 ? '' : ',\n'}${JSON.stringify(imageRecord(item, image_id))}`);
    for (const { geometry } of item.annotations) {
      const id = (split.captionCount += 1);
      const caption = geometry.type === 'text' ? geometry.text : '';
      await split.captions.add(`${id === 1 ? '' : ',\n'}${JSON.stringify({ id, image_id, caption })}`);
    }
  }
  if (splits.size === 0) splitOf('default');
  for (const [name, { images, captions }] of [...splits].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const path = `annotations/captions_${name}.json`;
    yield {
      path,
      bytes: encodeText(
        `{"info":${JSON.stringify({ description: options.name ?? 'dataset' })},"licenses":[],"images":[\n`,
      ),
    };
    for await (const bytes of images.read()) yield { path, bytes };
    yield { path, bytes: encodeText('\n],"annotations":[\n') };
    for await (const bytes of captions.read()) yield { path, bytes };
    yield { path, bytes: encodeText('\n]}\n') };
  }
}
