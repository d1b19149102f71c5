import type { Analytic, Item } from '@fovea/contract';
import { Button, Menu } from '@mantine/core';
import { IconCheck, IconSparkles } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fovea } from '../../api/client.ts';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import { askable, askModel } from './session/ask-model.ts';
import type { Workbench } from './session/workbench.ts';

const mostAnalytics = 500;

/** Analytics that find labels on one item of this kind, without being told anything more. */
export function labelersFor(analytics: readonly Analytic[], item: Pick<Item, 'kind'>): Analytic[] {
  return analytics.filter(({ manifest, pending, deprecated }) => {
    const needed = manifest.inputs.filter(({ required }) => required);
    const takesIt = needed.length === 1 && needed[0]?.media.includes(item.kind);
    // A model that must be told where to look finds nothing by itself.
    if (manifest.runtime.kind === 'onnx' && manifest.runtime['prompt'] !== undefined) return false;
    return !pending && !deprecated && takesIt && manifest.outputs.some(({ type }) => type === 'labels') && manifest.parameters.every(({ required }) => !required);
  });
}

/** Runs an analytic on the item; what it finds appears as suggestions. Only for those who may run jobs. */
export function AssistMenu({ bench }: { bench: Workbench }) {
  const { item } = bench;
  const mayWrite = useScope('write');
  const project = useQuery(projectQuery(item.projectId));
  const may = mayWrite && !bench.isReadOnly && project.data !== undefined && roleReaches(project.data.role, 'developer');
  const analytics = useQuery({ queryKey: ['analytics'], queryFn: () => fovea.analytics.list({ limit: 500 }).toArray({ limit: mostAnalytics }), enabled: may, staleTime: 60_000 });
  const run = useMutation({
    mutationFn: async (analytic: Analytic) => {
      const input = analytic.manifest.inputs.find(({ required }) => required)?.name ?? '';
      const job = await fovea.jobs.create({ project: item.projectId, analytic: `${analytic.name}@${analytic.version}`, inputs: { [input]: [item.id] }, attachLabels: true });
      await fovea.jobs.wait(job.id);
      const before = bench.editor.document.size;
      await bench.catchUp();
      notify({ tone: 'good', text: t.assist.found(bench.editor.document.size - before) });
    },
  });
  const usable = labelersFor(analytics.data ?? [], item);
  const models = askable(analytics.data ?? [], item);
  const { isAsking, model, choose } = useAsking(bench, models);
  if (!may || (usable.length === 0 && models.length === 0)) return null;
  return (
    <Menu position="bottom-end" width={280}>
      <Menu.Target>
        <Button variant="default" loading={run.isPending || isAsking} leftSection={<IconSparkles size={15} aria-hidden />}>
          {t.assist.title}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {models.length > 0 && <Menu.Label>{t.assist.click}</Menu.Label>}
        {models.map((analytic) => (
          <Menu.Item key={analytic.id} leftSection={analytic.id === model?.id ? <IconCheck size={14} aria-hidden /> : undefined} onClick={() => choose(analytic)}>
            {analytic.manifest.title || analytic.name}
          </Menu.Item>
        ))}
        {usable.length > 0 && <Menu.Label>{t.assist.hint}</Menu.Label>}
        {usable.map((analytic) => (
          <Menu.Item key={analytic.id} onClick={() => run.mutate(analytic)}>
            {analytic.manifest.title || analytic.name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The model that clicks ask: the newest until another one is chosen. */
function useAsking({ editor, item }: Workbench, models: readonly Analytic[]) {
  const [chosen, setChosen] = useState<string>();
  const model = models.find(({ id }) => id === chosen) ?? models[0];
  const ask = useMutation({
    mutationFn: async ({ analytic, at }: { analytic: Analytic; at: readonly [number, number] }) => {
      const count = await askModel(editor, { analytic, item, at });
      notify({ tone: count > 0 ? 'good' : 'plain', text: t.assist.found(count) });
    },
  });
  useEffect(() => {
    editor.setModelAsker(model && ((at) => ask.mutate({ analytic: model, at })));
    return () => editor.setModelAsker(undefined);
  }, [editor, model?.id]);
  const choose = (analytic: Analytic) => {
    setChosen(analytic.id);
    editor.tools.use('ask_model');
  };
  return { isAsking: ask.isPending, model, choose };
}
