import type { Door } from '@fovea/contract';
import { Alert, Button, Group } from '@mantine/core';
import { IconAlertTriangle, IconDownload } from '@tabler/icons-react';
import { texts } from '../../texts.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { Dialog } from '../../ui/dialog.tsx';

export interface CreatedKey {
  key: string;
  record: { name: string };
  /** What the vendor's client is given. */
  door?: Record<string, unknown> | undefined;
  doorName: Door | undefined;
}

/** Shows a key the one time that it can be shown. Closed only by its button, not by a stray click. */
export function NewKey({ created, onClose }: { created: CreatedKey; onClose: () => void }) {
  const t = texts.keys;
  const json = created.door === undefined ? undefined : JSON.stringify(created.door, null, 2);
  const doorTitle = created.doorName === undefined ? '' : t.doors[created.doorName];
  return (
    <Dialog onClose={onClose} title={created.record.name} size="lg" closeOnClickOutside={false} closeOnEscape={false} withCloseButton={false}>
      <Alert color="yellow" variant="light" icon={<IconAlertTriangle size={18} />} p="xs" mb="md">
        {t.shownOnce}
      </Alert>
      <CodeLine label={t.newKey} code={created.key} />
      {json !== undefined && <CodeLine label={t.credentials(doorTitle)} code={json} />}
      <Group justify="flex-end" gap="xs" mt="lg">
        {json !== undefined && (
          <Button variant="default" leftSection={<IconDownload size={15} />} onClick={() => saveText(`${fileName(created)}.json`, json)}>
            {t.downloadJson}
          </Button>
        )}
        <Button onClick={onClose}>{t.done}</Button>
      </Group>
    </Dialog>
  );
}

function fileName({ record, doorName }: CreatedKey): string {
  return `${record.name.replace(/[^\p{L}\p{N}._-]+/gu, '-')}-${doorName ?? 'fovea'}`;
}

/** Has the browser save a text as a file. */
function saveText(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([`${text}\n`], { type: 'application/json' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold of the blob once it began.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
