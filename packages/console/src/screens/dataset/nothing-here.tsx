import type { Dataset } from '@fovea/contract';
import { Button, Loader } from '@mantine/core';
import { IconCloudUpload, IconFilterOff, IconPhotoOff } from '@tabler/icons-react';
import { texts } from '../../texts.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { Empty } from '../../ui/empty.tsx';
import { cliLines, sdkLines } from '../upload-lines.ts';

/** What to do first in a dataset without items. */
export function EmptyDataset({ dataset, mayUpload, uploading }: { dataset: Dataset; mayUpload: boolean; uploading: boolean }) {
  if (!mayUpload) return <Empty icon={IconPhotoOff}>{texts.dataset.emptyReader}</Empty>;
  return (
    <Empty
      icon={IconCloudUpload}
      title={texts.dataset.emptyTitle}
      action={uploading && <Loader size="sm" aria-label={texts.upload.title} />}
      more={
        <>
          <CodeLine label={texts.dataset.cli} code={cliLines(dataset.name)} />
          <CodeLine label={texts.dataset.sdk} code={sdkLines(dataset.id)} />
        </>
      }
    >
      {texts.dataset.empty}
    </Empty>
  );
}

/** Filters that nothing passes. */
export function NoMatch({ clear }: { clear: () => void }) {
  return (
    <Empty
      icon={IconFilterOff}
      action={
        <Button variant="default" onClick={clear}>
          {texts.dataset.clearFilters}
        </Button>
      }
    >
      {texts.dataset.noMatch}
    </Empty>
  );
}
