import type { Editor } from '@fovea/editor';
import { attributesOf, type Labeling } from './recipe-labels.ts';

export interface Missing {
  readonly id: string;
  readonly label: string;
  readonly attributes: readonly string[];
}

/** Objects whose required attributes have no value yet. Suggestions that nobody accepted are not asked. */
export function missingAttributes(editor: Editor, labeling: Labeling): Missing[] {
  return editor.document.ordered().flatMap(({ id, label, attributes, keyframes, proposal }) => {
    const all = Object.assign({}, attributes, ...(keyframes ?? []).map((keyframe) => keyframe.attributes ?? {})) as typeof attributes;
    const isEmpty = (key: string) => all[key] === undefined || all[key] === null || all[key] === '' || (Array.isArray(all[key]) && all[key].length === 0);
    const missing = attributesOf(labeling, label).filter(({ key, required, type }) => required && type !== 'boolean' && isEmpty(key));
    return proposal || missing.length === 0 ? [] : [{ id, label, attributes: missing.map(({ key, title }) => title ?? key) }];
  });
}
