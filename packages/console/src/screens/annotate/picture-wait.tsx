import { Loader } from '@mantine/core';
import { texts } from '../../texts.ts';
import classes from './annotate.module.css';
import { useStore } from './hooks.ts';
import type { Backdrop } from './session/picture.ts';
import type { Store } from './session/store.ts';

/** Says that the picture is on its way, where that takes a while. */
export function PictureWait({ backdrop }: { backdrop: Store<Backdrop | undefined> }) {
  if (useStore(backdrop) !== undefined) return null;
  return (
    <div className={classes['wait']}>
      <Loader aria-label={texts.common.loading} />
    </div>
  );
}
