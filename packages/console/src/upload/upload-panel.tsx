import { Button, CloseButton, Progress, UnstyledButton } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useState } from 'react';
import { texts } from '../texts.ts';
import { formatBytes, formatTimeLeft } from '../ui/format.ts';
import classes from './upload-panel.module.css';
import type { UploadRun, UploadState } from './upload-run.ts';
import type { Interrupted } from './interrupted.ts';
import { dismissInterrupted, dismissUpload, retryUpload, useInterrupted, useUploads } from './uploads.ts';

const mostFailures = 200;

/** The uploads of this window, at its lower corner. */
export function UploadPanel() {
  const runs = useUploads();
  const interrupted = useInterrupted();
  if (runs.length === 0 && interrupted.length === 0) return null;
  return (
    <section ref={keepClear} className={classes['panel']} aria-label={texts.upload.title}>
      {interrupted.map((one) => (
        <Reminder key={one.id} upload={one} />
      ))}
      {runs.map((run) => (
        <Run key={run.id} run={run} />
      ))}
    </section>
  );
}

function Reminder({ upload }: { upload: Interrupted }) {
  return (
    <div className={classes['run']}>
      <div className={classes['head']}>
        <div className={classes['what']}>
          {texts.upload.interrupted} <span className={classes['dim']}>{texts.upload.into(upload.datasetName)}</span>
        </div>
        <CloseButton size="sm" aria-label={texts.upload.dismiss} onClick={() => dismissInterrupted(upload)} />
      </div>
      <div className={classes['status']} role="status">
        {texts.upload.chooseAgain}
      </div>
    </div>
  );
}

function Run({ run }: { run: UploadRun }) {
  const { state } = run;
  const [showing, setShowing] = useState(false);
  const { online } = useNetwork();
  const percent = state.totalBytes > 0 ? (state.sentBytes / state.totalBytes) * 100 : state.phase === 'done' ? 100 : 0;
  const color = state.failures.length > 0 || state.phase === 'failed' ? 'red' : 'teal';
  return (
    <div className={classes['run']} data-phase={state.phase}>
      <div className={classes['head']}>
        <div className={classes['what']}>
          {texts.upload.title} <span className={classes['dim']}>{texts.upload.into(run.datasetName)}</span>
        </div>
        {run.active ? (
          <Button variant="subtle" color="gray" onClick={() => run.stop()}>
            {texts.upload.stop}
          </Button>
        ) : (
          <CloseButton size="sm" aria-label={texts.upload.dismiss} onClick={() => dismissUpload(run)} />
        )}
      </div>
      <Progress.Root size={6}>
        <Progress.Section value={run.active ? percent : 100} color={color} aria-label={texts.upload.title} animated={state.phase === 'collecting'} />
      </Progress.Root>
      <div className={classes['status']} role={run.active ? undefined : 'status'}>
        {run.active && !online ? texts.upload.offline : describe(state).join(' · ')}
      </div>
      {state.failures.length > 0 && !run.active && (
        <div className={classes['failures']}>
          <div className={classes['buttons']}>
            <UnstyledButton className={classes['toggle'] ?? ''} aria-expanded={showing} onClick={() => setShowing(!showing)}>
              {showing ? <IconChevronUp size={14} aria-hidden /> : <IconChevronDown size={14} aria-hidden />}
              {showing ? texts.upload.hideFailures : texts.upload.showFailures}
            </UnstyledButton>
          </div>
          {showing && <Failures state={state} />}
          <div className={classes['buttons']}>
            <Button variant="default" onClick={() => retryUpload(run, 'error')}>
              {texts.upload.retryFailed}
            </Button>
            <Button variant="default" onClick={() => retryUpload(run, 'replace')}>
              {texts.upload.replaceTaken}
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

function Failures({ state }: { state: UploadState }) {
  return (
    <div className={classes['list']} tabIndex={0} role="region" aria-label={texts.upload.showFailures}>
      {state.failures.length > mostFailures && <p className={classes['dim']}>{texts.upload.failuresShown(mostFailures, state.failures.length)}</p>}
      <ul>
        {state.failures.slice(0, mostFailures).map(({ path, message }) => (
          <li key={path}>
            <strong>{path}</strong> {message}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** Where an upload stands, in a few phrases. */
function describe(state: UploadState): string[] {
  const t = texts.upload;
  if (state.phase === 'collecting') return [t.collecting(state.totalFiles)];
  if (state.phase === 'running') {
    const { bytesPerSecond: rate } = state;
    const left = rate === undefined || rate === 0 ? Number.POSITIVE_INFINITY : (state.totalBytes - state.sentBytes) / rate;
    return [
      t.progress(state.doneFiles, state.totalFiles),
      `${formatBytes(state.sentBytes)} / ${formatBytes(state.totalBytes)}`,
      ...(rate === undefined ? [] : [t.rate(formatBytes(rate), formatTimeLeft(left))]),
    ];
  }
  const head = { done: t.done(state.created), stopped: t.cancelled, failed: state.fault ?? texts.errors.title }[state.phase];
  return [head, ...(state.existing > 0 ? [t.existing(state.existing)] : []), ...(state.failures.length > 0 ? [t.failed(state.failures.length)] : [])];
}

/** Tells how high the panel is, so that notices stand above it and not on it. */
function keepClear(panel: HTMLElement | null): (() => void) | undefined {
  if (!panel) return undefined;
  const { style } = document.documentElement;
  const observer = new ResizeObserver(() => style.setProperty('--fv-panel-height', `${panel.offsetHeight + 8}px`));
  observer.observe(panel);
  return () => {
    observer.disconnect();
    style.removeProperty('--fv-panel-height');
  };
}
