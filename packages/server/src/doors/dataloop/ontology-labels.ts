import type { RecipeLabel } from '@fovea/contract';
import { Fault, notFound } from '../../fault.ts';
import { asJson, asJsons, asText, type Json } from './json.ts';

/** What the door keeps about labels that ours do not have, by their names. */
export interface LabelNotes {
  displayData?: Record<string, Json>;
  attributes?: Record<string, unknown[]>;
}

export interface Labels {
  labels: RecipeLabel[];
  notes: LabelNotes;
}

/** The name of a label as its place in the tree tells it: `Car.Wheel` below `Car`; the last part stands alone on the wire. */
export function tagOf(label: Pick<RecipeLabel, 'name' | 'parent'>): string {
  const prefix = label.parent === undefined ? '' : `${label.parent}.`;
  return prefix !== '' && label.name.startsWith(prefix) && label.name.length > prefix.length ? label.name.slice(prefix.length) : label.name;
}

/** The tree of labels as an ontology has it. */
export function rootsOf({ labels, notes }: Labels): Json[] {
  const below = Map.groupBy(labels, (label) => label.parent ?? '');
  const nodes = (parent: string): Json[] =>
    (below.get(parent) ?? []).map((label) => ({
      value: {
        tag: tagOf(label),
        color: label.color ?? null,
        displayLabel: label.displayName ?? tagOf(label),
        attributes: notes.attributes?.[label.name] ?? [],
        displayData: notes.displayData?.[label.name] ?? {},
      },
      children: nodes(label.name),
    }));
  return nodes('');
}

/**
 * Adds labels that are sent by their whole names, or changes those that are there; what is left out stays. Without `upsert` a label that is not
 * there is refused. A parent that is not there is made.
 */
export function mergeLabels(now: Labels, sent: readonly Json[], upsert: boolean): Labels {
  const merged: Labels = { labels: [...now.labels], notes: copyOf(now.notes) };
  for (const node of sent) {
    const name = asText(node['tag']) ?? '';
    if (!upsert && !merged.labels.some((label) => label.name === name)) throw notFound('label', name);
    setLabel(merged, name, parentOf(merged, name), node);
  }
  return merged;
}

/** The labels of a whole tree, as one that replaces another; what only ours have (shapes, key points) stays with labels of the same name. */
export function labelsOfRoots(now: Labels, roots: readonly Json[]): Labels {
  const result: Labels = { labels: [], notes: {} };
  const walk = (nodes: readonly Json[], parent: string | undefined): void => {
    for (const node of nodes) {
      const value = asJson(node['value']) ?? node;
      const tag = asText(value['tag']) ?? asText(value['label_name']) ?? '';
      const name = parent === undefined ? tag : `${parent}.${tag}`;
      const known = now.labels.find((label) => label.name === name) ?? now.labels.find((label) => label.name === tag && label.parent === parent);
      if (known && !result.labels.some((label) => label.name === known.name)) result.labels.push({ ...known, ...(parent === undefined ? {} : { parent }) });
      setLabel(result, known?.name ?? name, parent, value);
      walk(asJsons(node['children']), known?.name ?? name);
    }
  };
  walk(roots, undefined);
  return result;
}

/** The longest beginning of a name that is a label; `A.B.C` where only `A` is known makes `A.B` too. */
function parentOf(merged: Labels, name: string): string | undefined {
  const known = merged.labels.find((label) => label.name === name);
  if (known) return known.parent;
  const dot = name.lastIndexOf('.');
  if (dot <= 0 || dot === name.length - 1) return undefined;
  const parent = name.slice(0, dot);
  if (!merged.labels.some((label) => label.name === parent)) setLabel(merged, parent, parentOf(merged, parent), {});
  return parent;
}

function setLabel({ labels, notes }: Labels, name: string, parent: string | undefined, node: Json): void {
  if (name === '') throw new Fault('invalid_request', 'A label needs a tag.', { errors: [{ path: 'body.labelsNode.tag', message: 'must be a text that is not empty' }] });
  const color = colorOf(node['color']);
  const displayName = asText(node['displayLabel']) ?? asText(node['display_label']);
  const change = { ...(color === undefined ? {} : { color }), ...(displayName === undefined ? {} : { displayName }) };
  const at = labels.findIndex((label) => label.name === name);
  const label: RecipeLabel = { ...(labels[at] ?? { name, ...(parent === undefined ? {} : { parent }) }), ...change };
  if (at < 0) labels.push(label);
  else labels[at] = label;
  const displayData = asJson(node['displayData']);
  if (displayData && Object.keys(displayData).length > 0) notes.displayData = { ...notes.displayData, [name]: displayData };
  if (Array.isArray(node['attributes']) && (node['attributes'].length > 0 || notes.attributes?.[name])) notes.attributes = { ...notes.attributes, [name]: node['attributes'] };
}

/** `#rrggbb` of the ways in which clients write a colour; undefined for anything else, so that one is chosen. */
function colorOf(value: unknown): string | undefined {
  if (Array.isArray(value) && value.length >= 3 && value.every((part) => Number.isInteger(part) && part >= 0 && part <= 255)) {
    return `#${value.slice(0, 3).map((part: number) => part.toString(16).padStart(2, '0')).join('')}`;
  }
  const text = asText(value)?.trim() ?? '';
  if (/^#[0-9a-f]{6}$/i.test(text)) return text;
  if (/^#[0-9a-f]{3}$/i.test(text)) return text.replace(/[0-9a-f]/gi, '$&$&');
  const rgb = /^rgba?\(\s*(\d{1,3})\s*,\s*(\d{1,3})\s*,\s*(\d{1,3})/.exec(text);
  return rgb ? colorOf(rgb.slice(1, 4).map(Number)) : undefined;
}

function copyOf(notes: LabelNotes): LabelNotes {
  return structuredClone(notes);
}
