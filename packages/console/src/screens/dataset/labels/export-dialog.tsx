import { formatNames, type Dataset, type DatasetExport, type ExportRequest } from '@fovea/contract';
import { Button, Checkbox, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { IconDownload } from '@tabler/icons-react';
import { useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { toFilter, type ItemSearch } from '../../../api/item-filter.ts';
import { formatTexts as t } from '../../../texts-formats.ts';
import { ErrorText } from '../../../ui/error-text.tsx';
import { formatBytes } from '../../../ui/format.ts';
import { LossTable } from './loss-table.tsx';
import { WorkProgress } from './work.tsx';

/** Exports the labels of a dataset: asks how, shows how far it is, gives the archive and what was lost. */
export function ExportDialog({ dataset, search, opened, onClose }: { dataset: Dataset; search: ItemSearch; opened: boolean; onClose: () => void }) {
  const [work, setWork] = useState<DatasetExport>();
  const exporting = useMutation({
    mutationFn: (request: ExportRequest) => fovea.exports.createAndWait(dataset.id, request, { onProgress: setWork }),
    onMutate: () => setWork(undefined),
    meta: { quiet: true },
  });
  const done = exporting.data;
  return (
    <Modal opened={opened} onClose={onClose} title={t.export} size="lg">
      {exporting.isPending ? <WorkProgress work={work} /> : done ? <Exported made={done} again={exporting.reset} /> : <ExportForm search={search} send={exporting.mutate} />}
      <ErrorText error={exporting.error} />
    </Modal>
  );
}

const options = <T extends string>(names: Readonly<Record<T, string>>) => Object.entries<string>(names).map(([value, label]) => ({ value, label }));

function ExportForm({ search, send }: { search: ItemSearch; send: (request: ExportRequest) => void }) {
  const filter = toFilter(search);
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const form = new FormData(event.currentTarget);
        const by = String(form.get('splits')) as keyof typeof t.splitRules;
        send({
          format: String(form.get('format')) as ExportRequest['format'],
          media: String(form.get('media')) as NonNullable<ExportRequest['media']>,
          splits: by === 'metadata' ? { by, field: 'split' } : { by },
          splitStyle: String(form.get('splitStyle')) as NonNullable<ExportRequest['splitStyle']>,
          ...(form.get('filtered') !== null && { filter }),
        });
      }}
    >
      <Stack gap="sm">
        <NativeSelect name="format" label={t.format} data={[...formatNames]} data-autofocus />
        <NativeSelect name="media" label={t.media} data={options(t.mediaRules)} />
        <Group grow>
          <NativeSelect name="splits" label={t.splits} data={options(t.splitRules)} />
          <NativeSelect name="splitStyle" label={t.splitStyle} data={options(t.splitStyles)} />
        </Group>
        {isFiltered && <Checkbox name="filtered" label={t.onlyFiltered} defaultChecked />}
      </Stack>
      <Group justify="flex-end" mt="lg">
        <Button type="submit">{t.start}</Button>
      </Group>
    </form>
  );
}

function Exported({ made, again }: { made: DatasetExport; again: () => void }) {
  return (
    <>
      <Text size="sm">{t.exported(made.items ?? 0, formatBytes(made.sizeBytes ?? 0))}</Text>
      {made.report && <LossTable report={made.report} list={`/v1/exports/${made.id}/losses`} />}
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button variant="default" onClick={again}>
          {t.again}
        </Button>
        {made.url !== null && (
          <Button component="a" href={made.url} download={made.fileName ?? true} leftSection={<IconDownload size={15} />} data-autofocus>
            {t.download}
          </Button>
        )}
      </Group>
    </>
  );
}
