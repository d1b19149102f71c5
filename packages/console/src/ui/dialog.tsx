import { Modal, type ModalProps } from '@mantine/core';
import { useEffect, useState } from 'react';

/** Gives the focus back to what had it, for dialogs that are made open and taken away when they close. */
export function useReturnFocus(isOpen: boolean): void {
  const [opener] = useState(() => (isOpen && document.activeElement instanceof HTMLElement ? document.activeElement : undefined));
  useEffect(
    () => () => {
      // Somebody else has taken it where it is not lost.
      if (opener?.isConnected && (document.activeElement === null || document.activeElement === document.body)) opener.focus({ preventScroll: true });
    },
    [opener],
  );
}

/** A dialog that is there as long as it is open. */
export function Dialog(props: Omit<ModalProps, 'opened'>) {
  useReturnFocus(true);
  return <Modal opened {...props} />;
}
