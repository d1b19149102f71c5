import type { Dataset, Project } from '@fovea/contract';
import { ActionIcon, Menu, Modal } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconChecklist, IconDots, IconFileExport, IconFileImport, IconPencil, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { fovea } from '../../api/client.ts';
import { refreshDatasets } from '../../api/datasets.ts';
import { roleReaches } from '../../api/projects.ts';
import { toFilter, type ItemSearch } from '../../api/item-filter.ts';
import { texts } from '../../texts.ts';
import { formatTexts } from '../../texts-formats.ts';
import { Confirm } from '../../ui/confirm.tsx';
import { notify, notifyError } from '../../ui/notices.ts';
import { workTexts } from '../../texts-work.ts';
import { DatasetForm } from '../project/dataset-form.tsx';
import { NewBatchForm } from '../workflow/batch-form.tsx';
import { forgetLists } from './item-list.ts';
import { ExportDialog } from './labels/export-dialog.tsx';
import { ImportDialog } from './labels/import-dialog.tsx';

/** What can be done with a dataset as a whole. Only for those who may change it. */
export function DatasetMenu({ dataset, project, search }: { dataset: Dataset; project: Project; search: ItemSearch }) {
  const [editing, edit] = useDisclosure(false);
  const [deleting, remove] = useDisclosure(false);
  const [exporting, exportLabels] = useDisclosure(false);
  const [importing, importLabels] = useDisclosure(false);
  const [handingOut, handOut] = useDisclosure(false);
  const manages = roleReaches(project.role, 'manager');
  const navigate = useNavigate();
  const deleteDataset = async () => {
    await fovea.datasets.delete(dataset.id);
    await navigate({ to: '/projects/$projectId', params: { projectId: dataset.projectId } });
    forgetLists(dataset.id);
    await refreshDatasets();
    notify({ tone: 'plain', text: texts.dataset.deleted(dataset.name), action: { label: texts.common.undo, run: () => void restore(dataset) } });
  };
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={30} aria-label={texts.common.more}>
            <IconDots size={16} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPencil size={15} />} onClick={edit.open}>
            {texts.dataset.edit}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileExport size={15} />} onClick={exportLabels.open}>
            {formatTexts.export}
          </Menu.Item>
          <Menu.Item leftSection={<IconFileImport size={15} />} onClick={importLabels.open}>
            {formatTexts.import}
          </Menu.Item>
          {manages && (
            <Menu.Item leftSection={<IconChecklist size={15} />} onClick={handOut.open}>
              {workTexts.batches.create}
            </Menu.Item>
          )}
          {manages && (
            <Menu.Item leftSection={<IconTrash size={15} />} color="red" onClick={remove.open}>
              {texts.dataset.delete}
            </Menu.Item>
          )}
        </Menu.Dropdown>
      </Menu>
      <Modal opened={editing} onClose={edit.close} title={texts.dataset.edit}>
        <DatasetForm projectId={dataset.projectId} dataset={dataset} onDone={edit.close} onCancel={edit.close} />
      </Modal>
      <ExportDialog dataset={dataset} search={search} opened={exporting} onClose={exportLabels.close} />
      <ImportDialog dataset={dataset} mayCreateLabels={manages} opened={importing} onClose={importLabels.close} />
      <Modal opened={handingOut} onClose={handOut.close} title={workTexts.batches.create}>
        <NewBatchForm project={project} from={{ dataset, filter: toFilter(search), only: formatTexts.onlyFiltered }} close={handOut.close} />
      </Modal>
      <Confirm opened={deleting} onClose={remove.close} question={texts.dataset.deleteConfirm(dataset.name)} action={texts.dataset.delete} run={deleteDataset} />
    </>
  );
}

async function restore(dataset: Dataset): Promise<void> {
  try {
    await fovea.datasets.restore(dataset.id);
    notify({ tone: 'good', text: texts.dataset.restored(dataset.name) });
  } catch (error) {
    notifyError(error);
  }
  await refreshDatasets();
}
