import type { Profile } from '@fovea/contract';
import { ActionIcon, Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus, IconX } from '@tabler/icons-react';
import { useMutation, useQueries } from '@tanstack/react-query';
import { fovea } from '../../api/client.ts';
import { itemQuery } from '../../api/items.ts';
import { refresh } from '../../api/work.ts';
import { productTexts } from '../../texts-product.ts';
import { TextLink } from '../../ui/link.tsx';
import { PickItem } from './pick-item.tsx';
import classes from './profiles.module.css';

const t = productTexts.profiles;

/** The files of a profile by name; one that was deleted keeps its id for a name. */
export function useFiles(profile: Profile): { id: string; name: string }[] {
  const found = useQueries({ queries: profile.files.map((id) => ({ ...itemQuery(id), staleTime: 60_000 })) });
  return profile.files.map((id, index) => ({ id, name: found[index]?.data?.name ?? id }));
}

/** What belongs to a profile beside its settings: chosen among the items of the project. */
export function ProfileFiles({ profile, mayChange }: { profile: Profile; mayChange: boolean }) {
  const files = useFiles(profile);
  const [picking, dialog] = useDisclosure(false);
  const change = useMutation({ mutationFn: (ids: string[]) => fovea.profiles.update(profile.id, { files: ids }), onSettled: () => refresh('profiles') });
  return (
    <section className={classes['panel']} aria-label={t.files}>
      <h2>{t.files}</h2>
      <p className={classes['hint']}>{t.filesHint}</p>
      <ul className={classes['files']}>
        {files.length === 0 && <li>{t.noFiles}</li>}
        {files.map(({ id, name }) => (
          <li key={id}>
            <TextLink to="/items/$itemId" params={{ itemId: id }} size="sm">
              {name}
            </TextLink>
            {mayChange && (
              <ActionIcon size="sm" aria-label={t.removeFile(name)} onClick={() => change.mutate(profile.files.filter((other) => other !== id))}>
                <IconX size={14} />
              </ActionIcon>
            )}
          </li>
        ))}
      </ul>
      {mayChange && (
        <Button variant="default" leftSection={<IconPlus size={14} />} loading={change.isPending} onClick={dialog.open}>
          {t.addFile}
        </Button>
      )}
      {picking && (
        <PickItem
          projectId={profile.projectId}
          onClose={dialog.close}
          onPick={(item) => {
            dialog.close();
            if (!profile.files.includes(item.id)) change.mutate([...profile.files, item.id]);
          }}
        />
      )}
    </section>
  );
}
