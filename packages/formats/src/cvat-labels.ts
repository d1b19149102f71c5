import type { AttributeDefinition, LabelDefinition, LabelSet } from './dataset.ts';
import type { LabelIndex } from './labels.ts';
import { childOf, escapeXml, textOf, xml, type XmlElement } from './xml.ts';

const inputTypes: Readonly<Record<AttributeDefinition['type'], string>> = {
  text: 'text',
  number: 'number',
  boolean: 'checkbox',
  select: 'select',
  multiselect: 'text',
};
const attributeTypes: Readonly<Record<string, AttributeDefinition['type']>> = {
  text: 'text',
  number: 'number',
  checkbox: 'boolean',
  select: 'select',
  radio: 'select',
};

/** The labels of a CVAT `<meta>` element; a skeleton's points are labels below it, its lines are drawn in SVG. */
export function readCvatLabels(meta: XmlElement, labels: LabelIndex): void {
  const home =
    ['task', 'project', 'job'].map((name) => childOf(meta, name)).find((element) => element !== undefined) ?? meta;
  const all = (childOf(home, 'labels')?.children ?? []).filter((child) => child.name === 'label');
  for (const label of all) {
    const name = textOf(label, 'name');
    if (name === undefined || textOf(label, 'parent') !== undefined) continue;
    const points = all
      .filter((other) => textOf(other, 'parent') === name)
      .flatMap((other) => textOf(other, 'name') ?? []);
    const attributes = (childOf(label, 'attributes')?.children ?? [])
      .map(attributeDefinition)
      .filter((attribute) => attribute !== undefined);
    labels.define({
      name,
      color: textOf(label, 'color'),
      attributes: attributes.length > 0 ? attributes : undefined,
      skeleton: points.length > 0 ? { points, edges: edgesOf(childOf(label, 'svg')?.text ?? '', points) } : undefined,
    });
  }
}

function attributeDefinition(element: XmlElement): AttributeDefinition | undefined {
  const name = textOf(element, 'name');
  if (name === undefined) return undefined;
  const type = attributeTypes[textOf(element, 'input_type') ?? ''] ?? 'text';
  const options =
    type === 'select' ? (textOf(element, 'values') ?? '').split('\n').filter((value) => value !== '') : undefined;
  return {
    name,
    type,
    options,
    default: textOf(element, 'default_value'),
    mutable: textOf(element, 'mutable')?.toLowerCase() === 'true',
  };
}

function edgesOf(svg: string, points: readonly string[]): [string, string][] {
  const nodes = new Map<string, string>();
  for (const [tag] of svg.matchAll(/<circle\b[^>]*>/g)) {
    const [id, label] = [valueIn(tag, 'data-node-id'), valueIn(tag, 'data-label-name')];
    if (id !== undefined && label !== undefined) nodes.set(id, label);
  }
  return [...svg.matchAll(/<line\b[^>]*>/g)].flatMap(([tag]): [string, string][] => {
    const name = (key: string) => {
      const id = valueIn(tag, key) ?? '';
      return nodes.get(id) ?? points[Number(id) - 1];
    };
    const [from, to] = [name('data-node-from'), name('data-node-to')];
    return from !== undefined && to !== undefined ? [[from, to]] : [];
  });
}

function valueIn(tag: string, key: string): string | undefined {
  const value = new RegExp(`\\b${key}="([^"]*)"`).exec(tag)?.[1];
  return value?.replaceAll(
    /&(lt|gt|quot|amp);/g,
    (_, name: string) => ({ lt: '<', gt: '>', quot: '"', amp: '&' })[name] ?? '',
  );
}

/** The labels as CVAT's `<labels>`. */
export function cvatLabels({ labels }: LabelSet): string {
  return xml('labels', {}, labels.map((label) => labelXml(label)).join(''));
}

function labelXml(label: LabelDefinition): string {
  const text = (name: string, value: string) => xml(name, {}, { text: value });
  const attributes = (label.attributes ?? []).map((attribute) =>
    xml(
      'attribute',
      {},
      text('name', attribute.name) +
        text('mutable', attribute.mutable ? 'True' : 'False') +
        text('input_type', inputTypes[attribute.type]) +
        text('default_value', attribute.default ?? '') +
        xml('values', {}, { text: (attribute.options ?? []).join('\n') }),
    ),
  );
  const head = text('name', label.name) + (label.color === undefined ? '' : text('color', label.color));
  const type = text('type', label.skeleton ? 'skeleton' : 'any');
  const own = `${head}${type}${xml('attributes', {}, attributes.join(''))}`;
  if (!label.skeleton) return xml('label', {}, own);
  const points = label.skeleton.points.map((point) =>
    xml('label', {}, text('name', point) + text('type', 'points') + xml('attributes', {}) + text('parent', label.name)),
  );
  return xml('label', {}, own + text('svg', skeletonSvg(label.skeleton))) + points.join('');
}

/** The points on a circle, for CVAT's drawing of the template; only their names and the lines matter. */
function skeletonSvg({ points, edges }: NonNullable<LabelDefinition['skeleton']>): string {
  const circles = points.map((point, index) => {
    const angle = (2 * Math.PI * index) / points.length;
    const [x, y] = [50 + 40 * Math.cos(angle), 50 + 40 * Math.sin(angle)].map((value) => value.toFixed(2));
    return `<circle r="1.5" cx="${x}" cy="${y}" data-type="element node" data-element-id="${index + 1}" data-node-id="${index + 1}" data-label-name="${escapeXml(point)}"/>`;
  });
  const lines = edges.map(
    ([from, to]) =>
      `<line data-type="edge" data-node-from="${points.indexOf(from) + 1}" data-node-to="${points.indexOf(to) + 1}"/>`,
  );
  return [...lines, ...circles].join('');
}
