import { formatNames, type Dataset, type DatasetImport, type ImportQuery } from '@fovea/contract';
import { Button, Checkbox, FileInput, Group, Modal, NativeSelect, Stack, Text } from '@mantine/core';
import type { SendProgress } from '@fovea/sdk';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { refreshDatasets } from '../../../api/datasets.ts';
import { formatTexts as t } from '../../../texts-formats.ts';
import { ErrorText } from '../../../ui/error-text.tsx';
import { forgetLists } from '../item-list.ts';
import { LossTable } from './loss-table.tsx';
import { WorkProgress } from './work.tsx';

type Request = { file: File; query: ImportQuery };

/** Imports labels into a dataset: asks for the file and how, tries without changing anything, shows what it did. */
export function ImportDialog({ dataset, mayCreateLabels, opened, onClose }: { dataset: Dataset; mayCreateLabels: boolean; opened: boolean; onClose: () => void }) {
  const [work, setWork] = useState<DatasetImport>();
  const [sent, setSent] = useState<SendProgress>();
  const importing = useMutation({
    mutationFn: ({ file, query }: Request) => fovea.imports.createAndWait(dataset.id, file, { ...query, name: file.name, onSent: setSent, onProgress: setWork }),
    onMutate: () => {
      setWork(undefined);
      setSent(undefined);
    },
    onSuccess: async (done) => {
      if (done.request.dryRun) return;
      forgetLists(dataset.id);
      await refreshDatasets();
    },
    meta: { quiet: true },
  });
  const done = importing.data;
  return (
    <Modal opened={opened} onClose={onClose} title={t.import} size="lg">
      <ImportForm mayCreateLabels={mayCreateLabels} isBusy={importing.isPending} send={importing.mutate} />
      {importing.isPending && <WorkProgress work={work} sent={sent} />}
      {done && !importing.isPending && <Imported done={done} />}
      <ErrorText error={importing.error} />
    </Modal>
  );
}

function ImportForm({ mayCreateLabels, isBusy, send }: { mayCreateLabels: boolean; isBusy: boolean; send: (request: Request) => void }) {
  const [file, setFile] = useState<File | null>(null);
  const submit = (form: FormData, dryRun: boolean) => {
    if (!file) return;
    const format = String(form.get('format'));
    send({
      file,
      query: {
        ...(format !== '' && { format: format as NonNullable<ImportQuery['format']> }),
        match: String(form.get('match')) as NonNullable<ImportQuery['match']>,
        media: form.get('media') === null ? 'skip' : 'add',
        annotations: form.get('replace') === null ? 'add' : 'replace',
        createLabels: form.get('createLabels') === null ? 'false' : 'true',
        dryRun: dryRun ? 'true' : 'false',
      },
    });
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        const button = (event.nativeEvent as SubmitEvent).submitter;
        submit(new FormData(event.currentTarget), button?.getAttribute('value') === 'dry');
      }}
    >
      <Stack gap="sm">
        <FileInput label={t.file} placeholder={t.filePlaceholder} value={file} onChange={setFile} required withAsterisk={false} data-autofocus />
        <Group grow>
          <NativeSelect name="format" label={t.format} data={[{ value: '', label: t.detect }, ...formatNames]} />
          <NativeSelect name="match" label={t.match} data={Object.entries(t.matchRules).map(([value, label]) => ({ value, label }))} />
        </Group>
        <Checkbox name="media" label={t.addMedia} defaultChecked />
        {mayCreateLabels && <Checkbox name="createLabels" label={t.createLabels} />}
        <Checkbox name="replace" label={t.replace} />
      </Stack>
      <Group justify="flex-end" gap="xs" mt="lg">
        <Button type="submit" value="dry" variant="default" disabled={!file || isBusy}>
          {t.preview}
        </Button>
        <Button type="submit" value="run" disabled={!file || isBusy}>
          {t.run}
        </Button>
      </Group>
    </form>
  );
}

function Imported({ done }: { done: DatasetImport }) {
  const { items, annotations, labels } = done;
  return (
    <Stack gap={4} mt="md" role="status">
      {done.request.dryRun && (
        <Text size="sm" fw={600}>
          {t.tried}
        </Text>
      )}
      {done.format !== null && <Text size="sm">{t.readAs(done.format)}</Text>}
      <Text size="sm">{t.images(items.read, items.matched, items.created, items.unmatched)}</Text>
      <Text size="sm">{t.annotations(annotations.imported, annotations.existing, annotations.deleted, annotations.dropped)}</Text>
      {labels.unknown.length > labels.created.length && <Text size="sm">{t.newLabels(labels.unknown.slice(0, 20).join(', '))}</Text>}
      {done.report && <LossTable report={done.report} list={`/v1/imports/${done.id}/losses`} />}
    </Stack>
  );
}
