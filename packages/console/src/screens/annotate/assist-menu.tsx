import type { Analytic } from '@fovea/contract';
import { Button, Menu } from '@mantine/core';
import { IconCheck, IconSparkles } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { projectQuery, roleReaches } from '../../api/projects.ts';
import { useScope } from '../../api/session.ts';
import { analyticsQuery } from '../../api/work.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import { allowedIn, askable, askModel, labelersFor, suggest } from './session/ask-model.ts';
import type { Workbench } from './session/workbench.ts';

/** Runs an analytic on the item; what it finds appears as suggestions. For those who may run jobs, and within a task for whatever its recipe allows. */
export function AssistMenu({ bench }: { bench: Workbench }) {
  const { item } = bench;
  const mayWrite = useScope('write');
  const project = useQuery(projectQuery(item.projectId));
  const mayRun = mayWrite && project.data !== undefined && roleReaches(project.data.role, 'developer');
  const isAllowed = bench.task !== undefined && (bench.labeling.suggestions ?? []).length > 0;
  const may = !bench.isReadOnly && (mayRun || isAllowed);
  const analytics = useQuery({ ...analyticsQuery, enabled: may, staleTime: 60_000 });
  const run = useMutation({
    mutationFn: async (analytic: Analytic) => {
      notify({ tone: 'good', text: t.assist.found(await suggest({ bench, analytic, mayRun })) });
    },
  });
  const offered = mayRun ? (analytics.data ?? []) : allowedIn(bench, analytics.data ?? []);
  const usable = labelersFor(offered, item);
  const models = askable(offered, item);
  const { isAsking, model, choose } = useAsking(bench, models, mayRun);
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
function useAsking(bench: Workbench, models: readonly Analytic[], mayRun: boolean) {
  const { editor } = bench;
  const [chosen, setChosen] = useState<string>();
  const model = models.find(({ id }) => id === chosen) ?? models[0];
  const ask = useMutation({
    mutationFn: async ({ analytic, at }: { analytic: Analytic; at: readonly [number, number] }) => {
      const count = await askModel({ bench, analytic, mayRun }, at);
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
