import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Capability, type Format, formats } from '../packages/formats/src/index.ts';

/** Writes docs/formats: a page for each label format, made of the table that its writer obeys. */

export const formatsFolder = fileURLToPath(new URL('../docs/formats/', import.meta.url));

const features: Readonly<Record<string, string>> = {
  holes: 'holes in polygons',
  frame: 'labels of single frames',
  frameRange: 'labels of a range of frames',
  track: 'tracks (key frames)',
  zOrder: 'drawing order',
  trackFlags: 'occlusion in tracks',
  trackAttributes: 'attributes that change in a track',
  id: 'ids',
  source: 'who labelled (human, model, import)',
  unlabelled: 'items without labels',
  fps: 'frame rate',
  mediaType: 'media type',
  sha256: 'SHA-256 of the media',
  unused: 'labels that no annotation has',
  color: 'colours',
  parent: 'the label above',
  attributes: 'attributes',
  skeleton: 'key points of a label and their lines',
};

/** All pages by file name. */
export function formatPages(): Map<string, string> {
  const pages = new Map(formats.map((format) => [`${format.name}.md`, page(format)]));
  return pages.set('README.md', overview());
}

function overview(): string {
  const rows = formats.map((format) => {
    const kept = Object.entries(format.table.types).filter(([, capability]) => capability.fit === 'exact');
    return `| [${format.title}](${format.name}.md) | \`${format.name}\` | ${format.read ? 'both ways' : 'export'} | ${kept.map(([type]) => type.replace('_', ' ')).join(', ')} |`;
  });
  return [
    '# Formats',
    '',
    'What each label format can carry. These pages are made of the tables that the writers themselves obey, by `node scripts/formats-docs.ts`; do not edit them.',
    '',
    '| format | name | | carries |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

function page(format: Format): string {
  const { table } = format;
  const place = format.mediaPath({ path: 'street/0001.jpg', width: 640, height: 480, split: 'train', annotations: [] });
  return [
    `# ${format.title}`,
    '',
    `Name: \`${format.name}\`. ${format.read ? 'Read and written' : 'Written only'}. Files: ${format.extensions.map((extension) => `\`.${extension}\``).join(', ')}. Described at <${format.reference}>.`,
    '',
    place === undefined
      ? 'The media is held within the files.'
      : `The media of \`street/0001.jpg\` (split \`train\`) lies at \`${place}\`.`,
    table.precisionPx === 0 ? 'Coordinates are exact.' : `Coordinates are exact to ${table.precisionPx} pixels.`,
    '',
    ...section('Annotation types', table.types),
    ...section('Annotations', table.annotation),
    ...section('Items', table.item),
    ...section('Labels', table.label),
  ].join('\n');
}

function section(title: string, capabilities: Readonly<Record<string, Capability>>): string[] {
  const rows = Object.entries(capabilities).map(
    ([name, capability]) => `| ${features[name] ?? name.replace('_', ' ')} | ${shown(capability)} |`,
  );
  return [`## ${title}`, '', '| what | carried |', '|---|---|', ...rows, ''];
}

function shown(capability: Capability): string {
  if (capability.fit === 'exact') return capability.how === undefined ? 'exact' : `exact where ${capability.how}`;
  return `${capability.fit}: ${capability.how}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const pages = formatPages();
  mkdirSync(formatsFolder, { recursive: true });
  for (const name of readdirSync(formatsFolder)) if (!pages.has(name)) rmSync(`${formatsFolder}${name}`);
  for (const [name, text] of pages) writeFileSync(`${formatsFolder}${name}`, text);
}
