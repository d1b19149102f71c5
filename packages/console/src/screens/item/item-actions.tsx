import type { Item } from '@fovea/contract';
import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { IconChevronLeft, IconChevronRight, IconDownload, IconPencil, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { datasetQuery, refreshDatasets } from '../../api/datasets.ts';
import { fileUrl, itemQuery, refreshFolders } from '../../api/items.ts';
import { queryClient } from '../../api/query-client.ts';
import type { ItemSearch } from '../../api/item-filter.ts';
import { texts } from '../../texts.ts';
import { ButtonLink } from '../../ui/link.tsx';
import { notify, notifyError } from '../../ui/notices.ts';
import { forgetLists } from '../dataset/item-list.ts';
import { takeItem } from './change-item.ts';
import classes from './item-actions.module.css';
import { useNeighbours, type Neighbours } from './neighbours.ts';

/** Going through the items of a list, download, delete. */
export function ItemActions({ item, search, mayChange }: { item: Item; search: ItemSearch; mayChange: boolean }) {
  const t = texts.item;
  const neighbours = useNeighbours(item, search);
  const go = useOpenItem(search);
  const remove = useDelete(item, neighbours, search);
  const { data: dataset } = useQuery(datasetQuery(item.datasetId));
  const total = Object.keys(search).length === 0 ? dataset?.itemCount : undefined;
  useHotkeys([
    ['ArrowLeft', () => go(neighbours.previous)],
    ['ArrowRight', () => go(neighbours.next)],
  ]);
  return (
    <>
      <div className={classes['walk']}>
        <Tooltip label={`${t.previous} (←)`}>
          <ActionIcon variant="default" size={30} aria-label={t.previous} disabled={!neighbours.previous} onClick={() => go(neighbours.previous)}>
            <IconChevronLeft size={17} />
          </ActionIcon>
        </Tooltip>
        <span className={classes['position']}>
          {neighbours.position?.toLocaleString('en') ?? '…'}
          {total !== undefined && ` / ${Math.max(total, neighbours.position ?? 0).toLocaleString('en')}`}
        </span>
        <Tooltip label={`${t.next} (→)`}>
          <ActionIcon variant="default" size={30} aria-label={t.next} disabled={!neighbours.next} onClick={() => go(neighbours.next)}>
            <IconChevronRight size={17} />
          </ActionIcon>
        </Tooltip>
      </div>
      {mayAnnotate(item) && (
        <ButtonLink to="/items/$itemId/annotate" params={{ itemId: item.id }} leftSection={<IconPencil size={15} />}>
          {t.annotate}
        </ButtonLink>
      )}
      <Button component="a" href={fileUrl(item.id)} download={item.name} variant="default" leftSection={<IconDownload size={15} />}>
        {t.download}
      </Button>
      {mayChange && (
        <Tooltip label={t.delete}>
          <ActionIcon variant="default" size={30} aria-label={t.delete} loading={remove.isPending} onClick={() => remove.mutate()}>
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
    </>
  );
}

function useOpenItem(search: ItemSearch) {
  const navigate = useNavigate();
  return (item: Item | undefined) => {
    if (!item) return;
    // What the list says of it is shown at once, and looked up anew.
    queryClient.setQueryData(itemQuery(item.id).queryKey, item, { updatedAt: 0 });
    void navigate({ to: '/items/$itemId', params: { itemId: item.id }, search, replace: true });
  };
}

/** Deletes the item, goes on to the next, and offers to bring it back. */
function useDelete(item: Item, { previous, next }: Neighbours, search: ItemSearch) {
  const navigate = useNavigate();
  const open = useOpenItem(search);
  const restore = async () => {
    try {
      takeItem(await fovea.items.restore(item.id));
      forgetLists(item.datasetId);
      await Promise.all([refreshDatasets(), refreshFolders(item.datasetId)]);
      notify({ tone: 'good', text: texts.item.restored(item.name) });
      await navigate({ to: '/items/$itemId', params: { itemId: item.id }, search });
    } catch (error) {
      notifyError(error);
    }
  };
  return useMutation({
    mutationFn: () => fovea.items.delete(item.id),
    onSuccess: async () => {
      forgetLists(item.datasetId);
      if (next ?? previous) open(next ?? previous);
      else await navigate({ to: '/datasets/$datasetId', params: { datasetId: item.datasetId }, search });
      notify({ tone: 'plain', text: texts.item.deleted(item.name), action: { label: texts.common.undo, run: () => void restore() } });
      await Promise.all([refreshDatasets(), refreshFolders(item.datasetId)]);
    },
  });
}

/** Pictures, videos, and scans that have pictures. */
function mayAnnotate({ kind, probe, frames }: Item): boolean {
  if (probe !== 'ready') return false;
  return kind === 'image' || kind === 'video' || ((kind === 'dicom' || kind === 'nifti') && (frames ?? 0) > 0);
}
