import type { ReactNode } from 'react';
import { explain } from '../api/errors.ts';

/** A short message at the corner of the window. */
export interface Notice {
  id: number;
  tone: 'good' | 'bad' | 'plain';
  text: ReactNode;
  action?: { label: string; run: () => void };
}

let notices: readonly Notice[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function publish(next: readonly Notice[]): void {
  notices = next;
  for (const listener of listeners) listener();
}

export const noticeStore = {
  subscribe(listener: () => void): () => void {
    listeners.add(listener);
    return () => listeners.delete(listener);
  },
  snapshot: () => notices,
};

/** Long enough to read and to reach for the button: WCAG 2.2.1 asks that what can be acted on does not vanish at once. */
const shownMs = { plain: 6_000, action: 20_000 };

/** Shows a notice; those with an action stay longer. Errors stay until they are closed. */
export function notify(notice: Omit<Notice, 'id'>): number {
  lastId += 1;
  const id = lastId;
  publish([...notices.slice(-3), { ...notice, id }]);
  if (notice.tone !== 'bad') setTimeout(() => dismissNotice(id), notice.action ? shownMs.action : shownMs.plain);
  return id;
}

export function dismissNotice(id: number): void {
  publish(notices.filter((notice) => notice.id !== id));
}

/** Shows an error of something that runs apart from any form. */
export function notifyError(error: unknown): number {
  return notify({ tone: 'bad', text: explain(error) });
}
