import { useSyncExternalStore } from 'react';

const key = 'fovea.tour';
const listeners = new Set<() => void>();
let isOn = false;

/** Whether the tour is being taken. */
export function useTour(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => isOn,
  );
}

function set(on: boolean): void {
  isOn = on;
  for (const listener of listeners) listener();
}

export function startTour(): void {
  set(true);
}

/** Ends the tour; whoever has seen it is not invited again. */
export function endTour(): void {
  declineTour();
  set(false);
}

/** Whether somebody new to this browser is to be invited. */
export const isInvited = (): boolean => localStorage.getItem(key) === null;

export function declineTour(): void {
  localStorage.setItem(key, 'seen');
}
