import type { Item } from '@fovea/contract';
import { Loader } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { fovea } from '../../api/client.ts';
import { fileUrl, thumbnailUrl } from '../../api/items.ts';
import { texts } from '../../texts.ts';
import { KindIcon } from '../../ui/kind-icon.tsx';
import classes from './stage.module.css';
import { ZoomPicture } from './zoom-picture.tsx';

/** Loaded with the first scan that somebody opens. */
const ScanViewer = lazy(() => import('./scan/scan-viewer.tsx'));

/** What an item shows, by its kind. */
export function Stage({ item }: { item: Item }) {
  return (
    <div className={classes['stage']}>
      <Shown item={item} />
    </div>
  );
}

function Shown({ item }: { item: Item }) {
  const [broken, setBroken] = useState(false);
  if (item.probe === 'failed') return <Fault text={item.problem ?? ''} />;
  if ((item.kind === 'dicom' || item.kind === 'nifti') && item.probe === 'ready' && (item.frames ?? 0) > 0) {
    return (
      <Suspense fallback={<Loader aria-label={texts.common.loading} />}>
        <ScanViewer key={item.sha256} item={item} />
      </Suspense>
    );
  }
  if (item.kind === 'image' && !broken) return <ZoomPicture key={item.sha256} item={item} src={fileUrl(item.id)} onFault={() => setBroken(true)} />;
  if (item.kind === 'video' && !broken) {
    return <video key={item.sha256} className={classes['video']} src={fileUrl(item.id)} controls preload="metadata" playsInline onError={() => setBroken(true)} onKeyDown={(event) => event.stopPropagation()} />;
  }
  if (item.kind === 'audio' && !broken) return <audio src={fileUrl(item.id)} controls onError={() => setBroken(true)} />;
  if (item.kind === 'text') return <TextHead item={item} />;
  if (item.hasThumbnail) return <Preview item={item} note={note(item, broken)} />;
  if (item.probe === 'pending') return <Loader aria-label={texts.item.pending} />;
  return (
    <div className={classes['nothing']}>
      <KindIcon kind={item.kind} size={64} stroke={1} />
      {note(item, broken) ?? texts.item.noPreview}
    </div>
  );
}

function note(item: Item, broken: boolean): string | undefined {
  if (item.kind === 'dicom' || item.kind === 'nifti') return texts.item.previewOnly;
  if (!broken) return undefined;
  return item.kind === 'video' ? texts.item.videoFailed : texts.item.imageFailed;
}

function Preview({ item, note: text }: { item: Item; note: string | undefined }) {
  return (
    <figure className={classes['preview']}>
      <img src={thumbnailUrl(item)} alt={item.name} className={classes['thumbnail']} />
      {text !== undefined && <figcaption>{text}</figcaption>}
    </figure>
  );
}

function Fault({ text }: { text: string }) {
  return (
    <div className={classes['nothing']} role="alert">
      <IconAlertTriangle size={48} stroke={1.2} className={classes['bad']} aria-hidden />
      <strong>{texts.item.failed}</strong>
      {text}
    </div>
  );
}

const headBytes = 64 * 1024;

/** The beginning of a text file. */
function TextHead({ item }: { item: Item }) {
  const { data } = useQuery({
    queryKey: ['items', item.id, 'head', item.sha256],
    queryFn: async ({ signal }) => (item.sizeBytes === 0 ? '' : (await fovea.items.download(item.id, { range: `bytes=0-${headBytes - 1}`, signal })).text()),
  });
  if (data === undefined) return <Loader aria-label={texts.common.loading} />;
  return (
    <pre className={classes['text']} tabIndex={0} aria-label={item.name}>
      {data}
      {item.sizeBytes > headBytes && '\n…'}
    </pre>
  );
}
