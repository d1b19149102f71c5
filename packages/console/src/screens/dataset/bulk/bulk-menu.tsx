import type { Command, Item } from '@fovea/contract';
import { Button, Menu, Modal } from '@mantine/core';
import { IconArchive, IconChecklist, IconChevronDown, IconCircleCheck, IconCopy, IconFolderShare, IconForms, IconInbox, IconTrash } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { roleReaches } from '../../../api/projects.ts';
import { texts } from '../../../texts.ts';
import { bulkTexts as t } from '../../../texts-bulk.ts';
import { workTexts } from '../../../texts-work.ts';
import { Confirm } from '../../../ui/confirm.tsx';
import { notify } from '../../../ui/notices.ts';
import { NewBatchForm } from '../../workflow/batch-form.tsx';
import { restoreMany } from '../change-many.ts';
import type { BulkWork } from './bulk-work.ts';
import { ChangeForm } from './change-form.tsx';
import { CloneForm } from './clone-form.tsx';
import { MoveForm } from './move-form.tsx';
import type { BulkScope } from './scope.ts';

/** So many deleted items are remembered to be brought back by one press. */
const mostToUndo = 1_000;

export interface BulkMenuProps {
  scope: BulkScope;
  work: BulkWork;
  refresh: () => Promise<unknown>;
  /** What stands on the button. */
  label: string;
  /** Called when something was begun. */
  onBegun?: () => void;
  /** Status and deletion have buttons of their own. */
  short?: boolean;
}

type Dialog = 'change' | 'move' | 'clone' | 'batch' | 'delete';

/** What can be done with many items at once: those that the filters show, or those that are selected. */
export function BulkMenu({ scope, work, refresh, label, onBegun, short = false }: BulkMenuProps) {
  const [dialog, setDialog] = useState<Dialog>();
  const close = () => setDialog(undefined);
  const { dataset, filter } = scope;
  const changed = (command: Command) => work.follow(command, (ended) => notify({ tone: 'good', text: texts.dataset.changedMany(ended.done) }));
  const begun = (begin: () => void) => {
    close();
    begin();
    onBegun?.();
  };
  const setStatus = useMutation({ mutationFn: (status: Item['status']) => fovea.items.updateMany(dataset.id, { filter, change: { status } }), onSuccess: (command) => begun(() => changed(command)) });
  const remove = async () => {
    const ids = scope.count > mostToUndo ? [] : await fovea.items.query(dataset.id, { filter, fields: ['id'], limit: mostToUndo }).toArray({ limit: mostToUndo });
    const command = await fovea.items.deleteMany(dataset.id, { filter });
    const gone = ids.flatMap(({ id }) => (id === undefined ? [] : [{ id }]));
    begun(() => work.follow(command, ({ done }) => notify({ tone: 'plain', text: texts.dataset.deletedMany(done), ...(gone.length > 0 && { action: { label: texts.common.undo, run: () => void restoreMany(gone, refresh) } }) })));
  };
  const busy = work.current !== undefined || setStatus.isPending;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" rightSection={<IconChevronDown size={14} />} disabled={busy}>
            {label}
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconForms size={15} />} onClick={() => setDialog('change')}>
            {t.change}
          </Menu.Item>
          {!short && <StatusItems set={setStatus.mutate} />}
          <Menu.Divider />
          <Menu.Item leftSection={<IconFolderShare size={15} />} onClick={() => setDialog('move')}>
            {t.move}
          </Menu.Item>
          <Menu.Item leftSection={<IconCopy size={15} />} onClick={() => setDialog('clone')}>
            {t.clone}
          </Menu.Item>
          {roleReaches(scope.project.role, 'manager') && (
            <Menu.Item leftSection={<IconChecklist size={15} />} onClick={() => setDialog('batch')}>
              {t.batch}
            </Menu.Item>
          )}
          {!short && <Menu.Divider />}
          {!short && (
            <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setDialog('delete')}>
              {t.delete}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={dialog === 'change'} onClose={close} title={t.title.change(scope.count)}>
        <ChangeForm scope={scope} close={close} onStarted={(command) => begun(() => changed(command))} />
      </Modal>
      <Modal opened={dialog === 'move'} onClose={close} title={t.title.move(scope.count)}>
        <MoveForm scope={scope} refresh={refresh} close={close} onDone={() => begun(() => undefined)} />
      </Modal>
      <Modal opened={dialog === 'clone'} onClose={close} title={t.title.clone(scope.count)}>
        <CloneForm scope={scope} work={work} close={close} onDone={() => begun(() => undefined)} />
      </Modal>
      <Modal opened={dialog === 'batch'} onClose={close} title={workTexts.batches.create}>
        <NewBatchForm project={scope.project} from={{ dataset, filter, only: t.only(scope.count) }} close={close} />
      </Modal>
      <Confirm opened={dialog === 'delete'} onClose={close} question={t.deleteConfirm(scope.count)} action={t.deleteAction(scope.count)} run={remove} />
    </>
  );
}

function StatusItems({ set }: { set: (status: Item['status']) => void }) {
  return (
    <>
      <Menu.Item leftSection={<IconCircleCheck size={15} />} onClick={() => set('published')}>
        {texts.dataset.publish}
      </Menu.Item>
      <Menu.Item leftSection={<IconArchive size={15} />} onClick={() => set('archived')}>
        {texts.dataset.archive}
      </Menu.Item>
      <Menu.Item leftSection={<IconInbox size={15} />} onClick={() => set('inbox')}>
        {texts.dataset.toInbox}
      </Menu.Item>
    </>
  );
}
