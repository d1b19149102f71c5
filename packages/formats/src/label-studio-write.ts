import type { LabelledAnnotation, LabelledItem, LabelSet } from './dataset.ts';
import { encodeText, type FilePiece } from './files.ts';
import { isFilm, lifespans } from './label-studio-fit.ts';
import { controlOf, rectangleValue, regionOf } from './label-studio-regions.ts';
import type { Json } from './values.ts';
import type { WriteContext } from './writing.ts';
import { xml } from './xml.ts';

/** Writes the tasks, and the labelling configuration for them. */
export async function* writeTasks({ items, labels }: WriteContext): AsyncIterable<FilePiece> {
  const path = 'tasks.json';
  let id = 0;
  const used = new Map<string, Set<string>>();
  yield { path, bytes: encodeText('[\n') };
  for await (const item of items) {
    id += 1;
    yield { path, bytes: encodeText(`${id === 1 ? '' : ',\n'}${JSON.stringify(taskRecord(item, id, used))}`) };
  }
  yield { path, bytes: encodeText('\n]\n') };
  yield { path: 'config.xml', bytes: encodeText(configXml(labels(), used)) };
}

function taskRecord(item: LabelledItem, id: number, used: Map<string, Set<string>>): Json {
  const { width, height, frames, fps, split } = item;
  const data = {
    [isFilm(item) ? 'video' : 'image']: item.path,
    width,
    height,
    ...(frames !== undefined && { frames }),
    ...(fps !== undefined && { fps }),
    ...(split !== undefined && { split }),
  };
  const result = item.annotations.flatMap((annotation, index) =>
    regionRecords(annotation, item, `r${index + 1}`, used),
  );
  return { id, data, meta: item.metadata ?? {}, annotations: [{ id, result }] };
}

function regionRecords(
  annotation: LabelledAnnotation,
  item: LabelledItem,
  id: string,
  used: Map<string, Set<string>>,
): Json[] {
  const { label, geometry, confidence } = annotation;
  const to_name = isFilm(item) ? 'video' : 'image';
  const note = (type: string, name: string) => used.set(type, (used.get(type) ?? new Set()).add(name));
  if (geometry.type === 'classification') {
    note('choices', label);
    return [{ id, type: 'choices', from_name: 'choice', to_name, value: { choices: [label] } }];
  }
  if (geometry.type === 'text') {
    note('textarea', label);
    return [{ id, type: 'textarea', from_name: label, to_name, value: { text: [geometry.text] } }];
  }
  const region =
    annotation.frame === null
      ? regionOf(geometry, item)
      : { type: 'videorectangle', value: videoValue(annotation, item) };
  if (region === undefined) return [];
  const key = region.type === 'videorectangle' ? 'labels' : region.type;
  note(region.type, label);
  const size = { original_width: item.width, original_height: item.height, image_rotation: 0 };
  const own = {
    id,
    type: region.type,
    from_name: region.type === 'videorectangle' ? 'box' : region.type.replace(/labels$/, ''),
    to_name,
    ...size,
    value: { ...region.value, [key]: [label] },
    ...(confidence !== null && { score: confidence }),
  };
  const controls = Object.entries(annotation.attributes).flatMap(([name, value]) => {
    const control = controlOf(value);
    return control ? [{ id, type: control.type, from_name: name, to_name, ...size, value: control.value }] : [];
  });
  return [own, ...controls];
}

function videoValue(annotation: LabelledAnnotation, item: LabelledItem): Json {
  const sequence = lifespans(annotation, item).map(({ frame, geometry, ends }) => ({
    frame: frame + 1,
    enabled: !ends,
    ...rectangleValue(geometry, item),
    ...(item.fps !== undefined && { time: (frame + 1) / item.fps }),
  }));
  return { framesCount: item.frames, sequence };
}

/** A configuration with a control for each kind of region that occurs, and all labels in each. */
function configXml({ labels }: LabelSet, used: ReadonlyMap<string, ReadonlySet<string>>): string {
  const tags: Readonly<Record<string, string>> = {
    rectanglelabels: 'RectangleLabels',
    polygonlabels: 'PolygonLabels',
    keypointlabels: 'KeyPointLabels',
    ellipselabels: 'EllipseLabels',
    brushlabels: 'BrushLabels',
  };
  const all = labels.map((label) => xml('Label', { value: label.name, background: label.color })).join('');
  const kinds = Object.entries(tags).filter(
    ([type]) => used.has(type) || (type === 'rectanglelabels' && !used.has('videorectangle')),
  );
  const parts = kinds.map(([type, tag]) => xml(tag, { name: type.replace(/labels$/, ''), toName: 'image' }, all));
  const isVideo = used.has('videorectangle');
  if (isVideo)
    parts.push(
      xml('Video', { name: 'video', value: '$video' }),
      xml('Labels', { name: 'videoLabels', toName: 'video' }, all),
      xml('VideoRectangle', { name: 'box', toName: 'video' }),
    );
  const choices = [...(used.get('choices') ?? [])].map((value) => xml('Choice', { value }));
  if (choices.length > 0)
    parts.push(xml('Choices', { name: 'choice', toName: 'image', choice: 'multiple' }, choices.join('')));
  for (const name of used.get('textarea') ?? []) parts.push(xml('TextArea', { name, toName: 'image' }));
  return `${xml('View', {}, `\n${[xml('Image', { name: 'image', value: '$image' }), ...parts].join('\n')}\n`)}\n`;
}
