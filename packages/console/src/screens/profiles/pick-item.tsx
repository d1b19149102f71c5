import type { Item } from '@fovea/contract';
import { NativeSelect, Skeleton, TextInput, UnstyledButton } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { datasetsQuery } from '../../api/datasets.ts';
import { fetchItemPage, thumbnailUrl } from '../../api/items.ts';
import { texts } from '../../texts.ts';
import { productTexts } from '../../texts-product.ts';
import { Dialog } from '../../ui/dialog.tsx';
import { LoadError } from '../../ui/error-text.tsx';
import { KindIcon } from '../../ui/kind-icon.tsx';
import classes from './profiles.module.css';

const t = productTexts.pick;
const shownItems = 60;
const typingMs = 250;

export interface PickItemProps {
  projectId: string;
  /** Only items of these kinds. */
  kinds?: readonly string[] | undefined;
  onPick: (item: Item) => void;
  onClose: () => void;
}

/** A dialog to choose one item of a project by its picture and name. */
export function PickItem({ projectId, kinds, onPick, onClose }: PickItemProps) {
  const { data: datasets } = useQuery(datasetsQuery(projectId));
  const [chosen, choose] = useState<string>();
  const [name, setName] = useState('');
  const [q] = useDebouncedValue(name.trim(), typingMs);
  const dataset = chosen ?? datasets?.toSorted((a, b) => b.itemCount - a.itemCount)[0]?.id;
  const found = useQuery({
    queryKey: ['pick', dataset, q],
    queryFn: ({ signal }) => fetchItemPage(dataset ?? '', q === '' ? {} : { q }, 200, undefined, signal),
    enabled: dataset !== undefined,
  });
  const items = found.data?.data.filter((item) => kinds === undefined || kinds.includes(item.kind)).slice(0, shownItems);
  return (
    <Dialog onClose={onClose} title={t.title} size="xl">
      <div className={classes['pickBar']}>
        <NativeSelect label={t.dataset} value={dataset ?? ''} data={(datasets ?? []).map((one) => ({ value: one.id, label: one.name }))} onChange={(event) => choose(event.currentTarget.value)} />
        <TextInput label={t.pattern} placeholder={t.patternHint} value={name} onChange={(event) => setName(event.currentTarget.value)} data-autofocus />
      </div>
      {found.error && <LoadError error={found.error} retry={() => void found.refetch()} />}
      {datasets?.length === 0 && <p>{t.noDatasets}</p>}
      {dataset !== undefined && !items && !found.error && <Skeleton height={200} aria-label={texts.common.loading} />}
      {items?.length === 0 && <p>{t.none}</p>}
      <div className={classes['pickGrid']}>
        {items?.map((item) => (
          <UnstyledButton key={item.id} className={classes['pickTile'] ?? ''} aria-label={t.choose(item.name)} onClick={() => onPick(item)}>
            {item.hasThumbnail ? <img src={thumbnailUrl(item)} alt="" loading="lazy" /> : <KindIcon kind={item.kind} size={32} stroke={1.1} />}
            <span>{item.name}</span>
          </UnstyledButton>
        ))}
      </div>
    </Dialog>
  );
}
