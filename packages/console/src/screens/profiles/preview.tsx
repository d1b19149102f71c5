import type { Analytic, Item, Job, JobOutput, Profile } from '@fovea/contract';
import { Alert, Anchor, Button, Loader } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconColumns2, IconPhoto } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { fovea } from '../../api/client.ts';
import { fileUrl, thumbnailUrl } from '../../api/items.ts';
import { productTexts } from '../../texts-product.ts';
import { Compare } from '../../ui/compare.tsx';
import { ErrorText } from '../../ui/error-text.tsx';
import { useOutputAddress } from '../../ui/job-output.ts';
import { TextLink } from '../../ui/link.tsx';
import { PickItem } from './pick-item.tsx';
import classes from './profiles.module.css';

const t = productTexts.profiles;

export interface PreviewProps {
  profile: Profile;
  analytic: Analytic;
  mayRun: boolean;
  /** What stands in the form now. */
  parameters: () => Record<string, unknown>;
}

/** What the settings do with one item, beside what it was. */
export function Preview({ profile, analytic, mayRun, parameters }: PreviewProps) {
  const [item, setItem] = useState<Item>();
  const [picking, dialog] = useDisclosure(false);
  const run = useMutation({
    mutationFn: async (chosen: Item) => {
      const job = await fovea.profiles.preview(profile.id, { item: chosen.id, parameters: parameters() });
      return ended(job);
    },
    meta: { quiet: true },
  });
  const [input] = analytic.manifest.inputs;
  return (
    <>
      <div className={classes['previewBar']}>
        <Button variant="default" leftSection={<IconPhoto size={15} />} onClick={dialog.open}>
          {item ? t.another : t.choose}
        </Button>
        {item && mayRun && (
          <Button leftSection={<IconColumns2 size={15} />} loading={run.isPending} onClick={() => run.mutate(item)}>
            {t.run}
          </Button>
        )}
        {item && <span className={classes['previewItem']}>{item.path}</span>}
      </div>
      <ErrorText error={run.error} />
      <Shown item={item} job={run.data} running={run.isPending} />
      {picking && (
        <PickItem
          projectId={profile.projectId}
          kinds={input?.media}
          onClose={dialog.close}
          onPick={(picked) => {
            dialog.close();
            setItem(picked);
            run.reset();
            if (mayRun) run.mutate(picked);
          }}
        />
      )}
    </>
  );
}

/** Waits for a job; a preview takes seconds. */
async function ended(job: Job): Promise<Job> {
  let now = job;
  while (now.endedAt === null) now = await fovea.jobs.get(job.id, { waitSeconds: 20 });
  return now;
}

function Shown({ item, job, running }: { item: Item | undefined; job: Job | undefined; running: boolean }) {
  if (running) {
    return (
      <div className={classes['stage']} role="status">
        <div>
          <Loader size="sm" mb="xs" aria-hidden />
          <div>{t.running}</div>
        </div>
      </div>
    );
  }
  if (!item) return <div className={classes['stage']}>{t.previewHint}</div>;
  if (!job) return <div className={classes['stage']}>{item.hasThumbnail ? <img src={thumbnailUrl(item)} alt={item.name} /> : item.name}</div>;
  if (job.status !== 'complete') {
    return (
      <Alert color="red" title={t.failed}>
        {job.message} {job.failures[0]?.message}{' '}
        <TextLink to="/jobs/$jobId" params={{ jobId: job.id }}>
          {t.openJob}
        </TextLink>
      </Alert>
    );
  }
  const picture = job.outputs.find(({ mediaType }) => /^image\/(png|jpeg|webp|avif|gif|svg\+xml)$/.test(mediaType));
  return picture ? <Pictures item={item} job={job} output={picture} /> : <Outputs job={job} />;
}

function Pictures({ item, job, output }: { item: Item; job: Job; output: JobOutput }) {
  const after = useOutputAddress(job.id, output);
  if (after === undefined) return <div className={classes['stage']}>{t.running}</div>;
  return <Compare before={item.kind === 'image' ? fileUrl(item.id) : thumbnailUrl(item)} after={after} texts={t} />;
}

function Outputs({ job }: { job: Job }) {
  return (
    <div className={classes['stage']}>
      <div>
        <p>{t.noPicture}</p>
        {job.outputs.map((output) => (
          <p key={output.index}>
            <Anchor href={`/v1/jobs/${job.id}/outputs/${output.index}`} download={output.name}>
              {output.name}
            </Anchor>
          </p>
        ))}
        <TextLink to="/jobs/$jobId" params={{ jobId: job.id }}>
          {t.openJob}
        </TextLink>
      </div>
    </div>
  );
}
