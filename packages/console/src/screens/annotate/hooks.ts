import type { Editor, EditorEvents } from '@fovea/editor';
import { useMemo, useSyncExternalStore } from 'react';
import type { Store } from './session/store.ts';

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.get);
}

/** Later than the first picture: what a panel may have missed does not hold it up. */
const lookAgainMs = 60;

type Watched = Exclude<keyof EditorEvents & string, 'notice'> | 'document' | 'history';

/**
 * Renders again when one of these events happened, at most once for each frame of the screen: a drag changes the document
 * with every move of the pointer.
 */
export function useEditorEvents(editor: Editor, ...names: readonly Watched[]): number {
  const key = names.join();
  const store = useMemo(() => watch(editor, names), [editor, key]);
  return useSyncExternalStore(store.subscribe, store.get);
}

function watch(editor: Editor, names: readonly Watched[]) {
  let version = 0;
  return {
    get: () => version,
    subscribe(listener: () => void) {
      let asked = 0;
      const onEvent = () => {
        asked ||= requestAnimationFrame(() => {
          asked = 0;
          version += 1;
          listener();
        });
      };
      const stops = names.map((name) => {
        if (name === 'document') return editor.document.events.on('change', onEvent);
        if (name === 'history') return editor.document.events.on('history', onEvent);
        return editor.events.on(name, onEvent);
      });
      // What happened between rendering and listening.
      const again = setTimeout(onEvent, lookAgainMs);
      return () => {
        clearTimeout(again);
        cancelAnimationFrame(asked);
        for (const stop of stops) stop();
      };
    },
  };
}
