import type { Action, ActionGroup, Editor, LabelClass } from '@fovea/editor';
import { annotateTexts as t } from '../../texts-annotate.ts';

/** What the page around the editor can do; `undefined` where it does not apply. */
export interface PageDeeds {
  readonly palette: () => void;
  readonly shortcuts: () => void;
  readonly save: () => void;
  readonly instructions: (() => void) | undefined;
  readonly submit: (() => void) | undefined;
  readonly skip: (() => void) | undefined;
  readonly flag: (() => void) | undefined;
  readonly accept: (() => void) | undefined;
  readonly reject: (() => void) | undefined;
  readonly fix: (() => void) | undefined;
  readonly comment: (() => void) | undefined;
  readonly next: (() => void) | undefined;
  readonly previous: (() => void) | undefined;
}

/** The page's own actions, in one table with the editor's: for keys, palette and the list of shortcuts. */
export function pageActions(deeds: PageDeeds): Action[] {
  const act = (group: ActionGroup, id: string, title: string, shortcuts: readonly string[], run: (() => void) | undefined): Action[] =>
    run ? [{ id, title, group, shortcuts, when: () => true, run: () => run() }] : [];
  return [
    ...act('Task', 'task.submit', t.task.actions.submit, ['mod+Enter', 'F8'], deeds.submit),
    ...act('Task', 'review.accept', t.review.actions.accept, ['mod+Enter', 'F8'], deeds.accept),
    ...act('Task', 'review.reject', t.review.actions.reject, ['mod+Backspace', 'F9'], deeds.reject),
    ...act('Task', 'review.fix', t.review.actions.fix, ['mod+shift+Enter'], deeds.fix),
    ...act('Task', 'review.comment', t.review.actions.comment, ['alt+c'], deeds.comment),
    ...act('Task', 'task.skip', t.task.actions.skip, ['alt+n', 'F7'], deeds.skip),
    ...act('Task', 'task.flag', t.task.actions.flag, ['alt+x'], deeds.flag),
    ...act('Page', 'item.next', t.item.next, ['PageDown'], deeds.next),
    ...act('Page', 'item.previous', t.item.previous, ['PageUp'], deeds.previous),
    ...act('Page', 'page.instructions', t.task.actions.instructions, ['i'], deeds.instructions),
    ...act('Page', 'page.palette', t.page.palette, ['mod+k'], deeds.palette),
    ...act('Page', 'page.shortcuts', t.page.shortcuts, ['?'], deeds.shortcuts),
    ...act('Page', 'page.save', t.page.save, ['mod+s'], deeds.save),
    ...act('Page', 'page.regions', t.page.regions, ['F6'], nextRegion),
  ];
}

/** The canvas keeps Tab for itself: this key leaves it, by keyboard alone. */
function nextRegion(): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  for (let step = 1; step <= regions.length; step++) {
    const region = regions[(at + step) % regions.length];
    const target = region?.matches('[tabindex], canvas') ? region : region?.querySelector<HTMLElement>('canvas, button, input, [tabindex="0"]');
    if (!target) continue;
    target.focus();
    return;
  }
}

/** The nine label actions have the labels' own names, and do what a click on the label does. */
export function withLabels(actions: readonly Action[], editor: Editor, onLabel: (label: LabelClass) => void): Action[] {
  return actions.map((action) => {
    const index = action.group === 'Label' ? Number(/^label\.(\d)$/.exec(action.id)?.[1] ?? 0) : 0;
    const label = index > 0 ? editor.labels.list[index - 1] : undefined;
    return label ? { ...action, title: `Label ${index}: ${label.name}`, run: () => onLabel(label) } : action;
  });
}
