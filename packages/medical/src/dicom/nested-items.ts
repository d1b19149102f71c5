import type { DataSet, DicomElement } from './dataset.ts';
import { lookUpTag } from './dictionary.ts';
import { defaultBounds, ElementReader } from './element-reader.ts';

/** Read once, so that whoever plans changes and whoever carries them out speak of the same elements. */
const unknownItems = new WeakMap<DicomElement, readonly DataSet[] | undefined>();

/**
 * The items of an element, also of one that passed through a program which did not know it: a UN value whose
 * attribute is a sequence is read as one (PS3.5 section 6.2.2, note 2). Undefined for anything that has no items.
 */
export function nestedItems(dataSet: DataSet, element: DicomElement): readonly DataSet[] | undefined {
  if (element.items !== undefined) return element.items;
  if (element.vr === 'SQ') return [];
  if (element.vr !== 'UN' || element.valueLength < 8 || lookUpTag(element.tag)?.vr !== 'SQ') return undefined;
  if (!unknownItems.has(element)) {
    const reader = new ElementReader(dataSet.bytes, defaultBounds, false);
    unknownItems.set(element, reader.readUnknownAsSequence(dataSet, element));
  }
  return unknownItems.get(element);
}
