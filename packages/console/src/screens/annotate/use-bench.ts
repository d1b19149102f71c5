import type { Item, Task } from '@fovea/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { annotationsQuery } from '../../api/annotations.ts';
import { queryClient } from '../../api/query-client.ts';
import { useMe } from '../../api/session.ts';
import { recipeQuery } from '../../api/tasks.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import { labelingOf } from './session/recipe-labels.ts';
import { draftTaskOf, sendLeft, theJournal, Workbench } from './session/workbench.ts';

export interface BenchInput {
  readonly item: Item;
  readonly task: Task | undefined;
  readonly recipe: { readonly id: string; readonly version: number | null } | undefined;
  readonly isReadOnly: boolean;
}

/** Loads what an item needs, and makes its workbench; the input is that of the first rendering. */
export function useBench({ item, task, recipe, isReadOnly }: BenchInput): { bench: Workbench | undefined; error: unknown } {
  const me = useMe();
  const [draftTask] = useState(() => draftTaskOf(task));
  const query = annotationsQuery(item.id, draftTask);
  const annotations = useQuery({ ...query, refetchOnWindowFocus: false, refetchOnReconnect: false });
  const rules = useQuery({ ...recipeQuery(recipe?.id ?? '', recipe?.version ?? null), enabled: recipe !== undefined });
  const isLoaded = annotations.data !== undefined && (recipe === undefined || rules.data !== undefined);
  const [bench, setBench] = useState<Workbench>();
  useEffect(() => {
    if (!isLoaded) return undefined;
    let isOver = false;
    let made: Workbench | undefined;
    const make = async () => {
      const journal = await theJournal();
      const scope = { userId: me.user.id, itemId: item.id, taskId: draftTask ?? '' };
      const left = await sendLeft(journal, scope);
      if (isOver) return;
      const present = annotations.data ?? [];
      made = new Workbench({ item, task, labeling: labelingOf(rules.data, present.map(({ label }) => label)), annotations: present, userId: me.user.id, isReadOnly, journal, left });
      if (left.length > 0) notify({ tone: 'plain', text: t.save.restored(left.length) });
      setBench(made);
    };
    void make();
    return () => {
      isOver = true;
      made?.end();
      setBench(undefined);
      // The editor has changed them since.
      queryClient.removeQueries({ queryKey: query.queryKey });
    };
  }, [isLoaded, item.id, draftTask]);
  return { bench, error: annotations.error ?? rules.error };
}
