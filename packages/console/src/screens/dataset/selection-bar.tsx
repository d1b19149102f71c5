import type { Dataset, Project } from '@fovea/contract';
import { Button, CloseButton } from '@mantine/core';
import { IconArchive, IconCircleCheck, IconInbox, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { texts } from '../../texts.ts';
import { bulkTexts } from '../../texts-bulk.ts';
import { BulkMenu } from './bulk/bulk-menu.tsx';
import type { BulkWork } from './bulk/bulk-work.ts';
import { deleteMany, setStatusOfMany } from './change-many.ts';
import classes from './selection-bar.module.css';
import type { Selection } from './selection.ts';

export interface SelectionBarProps {
  selection: Selection;
  refresh: () => Promise<unknown>;
  dataset: Dataset;
  project: Project;
  folder: string;
  work: BulkWork;
}

/** What can be done with the chosen items; stands in place of the filters while some are chosen. */
export function SelectionBar({ selection, refresh, dataset, project, folder, work }: SelectionBarProps) {
  const t = texts.dataset;
  const items = [...selection.items.values()];
  const change = useMutation({
    mutationFn: (what: 'published' | 'archived' | 'inbox' | 'delete') => (what === 'delete' ? deleteMany(items, refresh) : setStatusOfMany(items, what)),
    onSuccess: selection.clear,
  });
  const busy = (what: string) => ({ loading: change.isPending && change.variables === what, disabled: change.isPending });
  return (
    <div className={classes['bar']} role="toolbar" aria-label={t.selected(items.length)}>
      <CloseButton size="sm" aria-label={t.clearSelection} onClick={selection.clear} />
      <span className={classes['count']} aria-live="polite">
        {t.selected(items.length)}
      </span>
      <Button variant="default" leftSection={<IconCircleCheck size={15} />} {...busy('published')} onClick={() => change.mutate('published')}>
        {t.publish}
      </Button>
      <Button variant="default" leftSection={<IconArchive size={15} />} {...busy('archived')} onClick={() => change.mutate('archived')}>
        {t.archive}
      </Button>
      <Button variant="default" leftSection={<IconInbox size={15} />} {...busy('inbox')} onClick={() => change.mutate('inbox')}>
        {t.toInbox}
      </Button>
      <Button variant="default" color="red" leftSection={<IconTrash size={15} />} {...busy('delete')} onClick={() => change.mutate('delete')}>
        {texts.common.delete}
      </Button>
      <BulkMenu
        short
        scope={{ dataset, project, folder, filter: { id: { in: items.map(({ id }) => id) } }, count: items.length, isWholeFolder: false }}
        work={work}
        refresh={refresh}
        label={bulkTexts.more}
        onBegun={selection.clear}
      />
    </div>
  );
}
