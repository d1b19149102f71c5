import { TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { fovea } from '../../../api/client.ts';
import { bulkTexts as t } from '../../../texts-bulk.ts';
import { EditForm, field } from '../../../ui/edit-form.tsx';
import { notify } from '../../../ui/notices.ts';
import { moveMany } from '../change-many.ts';
import type { BulkScope } from './scope.ts';

/** Beyond it only whole folders are moved: each item is a request of its own. */
const mostMoved = 5_000;

/** Moves many items into another folder of their dataset. */
export function MoveForm({ scope, refresh, close, onDone }: { scope: BulkScope; refresh: () => Promise<unknown>; close: () => void; onDone: () => void }) {
  const { dataset, filter, count, folder, isWholeFolder } = scope;
  const navigate = useNavigate();
  const send = async (form: FormData) => {
    const to = field(form, 'folder').replace(/\/+$/, '');
    if (to !== '' && !to.startsWith('/')) throw new Error(t.badFolder);
    if (isWholeFolder && folder !== '/' && to !== '') {
      const { moved } = await fovea.items.moveFolder(dataset.id, { from: folder, to });
      notify({ tone: 'good', text: t.movedMany(moved) });
      await navigate({ to: '/datasets/$datasetId', params: { datasetId: dataset.id }, search: { folder: to } });
      return refresh();
    }
    if (count > mostMoved) throw new Error(t.tooMany(mostMoved));
    const rows = await fovea.items.query(dataset.id, { filter, fields: ['id', 'path'], limit: 1_000 }).toArray({ limit: mostMoved });
    const from = folder === '/' ? '' : folder;
    const moves = rows.flatMap(({ id, path }) => (id === undefined || path === undefined ? [] : [{ id, path: `${to}${path.slice(from.length)}` }]));
    return moveMany(moves, refresh);
  };
  return (
    <EditForm send={send} action={t.moveAction} onCancel={close} onDone={onDone}>
      {(faults) => <TextInput name="folder" label={t.folder} description={t.folderHint(folder)} placeholder="/night/rain" defaultValue={folder} error={faults['to']} required withAsterisk={false} maxLength={1_000} data-autofocus />}
    </EditForm>
  );
}
