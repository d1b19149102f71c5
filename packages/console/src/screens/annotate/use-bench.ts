import type { Item, Task } from '@fovea/contract';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { annotationsQuery } from '../../api/annotations.ts';
import { loadStack } from '../item/scan/frame-store.ts';
import { queryClient } from '../../api/query-client.ts';
import { useMe } from '../../api/session.ts';
import { recipeQuery } from '../../api/tasks.ts';
import { annotateTexts as t } from '../../texts-annotate.ts';
import { notify } from '../../ui/notices.ts';
import { placesOf } from './session/places-of.ts';
import { labelingOf } from './session/recipe-labels.ts';
import { allWithVoxels } from './session/voxels.ts';
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
  const isScan = item.kind === 'dicom' || item.kind === 'nifti';
  // A task is about its item alone: a slice of a series by itself.
  const stack = useQuery({ queryKey: ['scan', item.id, item.sha256, 'stack', draftTask ?? null], queryFn: ({ signal }) => loadStack(item, signal, { isAlone: draftTask !== undefined }), enabled: isScan, staleTime: 60_000, refetchOnWindowFocus: false });
  const places = useMemo(() => placesOf(item, stack.data, draftTask), [item.id, draftTask, stack.data]);
  const query = annotationsQuery(item.id, draftTask);
  const isStacked = !isScan || stack.data !== undefined;
  const annotations = useQuery({ ...query, ...(isScan && { queryKey: [...query.queryKey, 'stack'], queryFn: async ({ signal }) => (await allWithVoxels(await places.load(signal), signal)).map((one) => places.inward(one)), structuralSharing: false }), enabled: isStacked, refetchOnWindowFocus: false, refetchOnReconnect: false });
  const rules = useQuery({ ...recipeQuery(recipe?.id ?? '', recipe?.version ?? null), enabled: recipe !== undefined });
  const isLoaded = isStacked && annotations.data !== undefined && (recipe === undefined || rules.data !== undefined);
  const [bench, setBench] = useState<Workbench>();
  useEffect(() => {
    if (!isLoaded) return undefined;
    let isOver = false;
    let made: Workbench | undefined;
    const make = async () => {
      const journal = await theJournal();
      const scope = { userId: me.user.id, itemId: item.id, taskId: draftTask ?? '' };
      const left = await sendLeft(journal, scope, places.itemIds);
      if (isOver) return;
      const present = annotations.data ?? [];
      made = new Workbench({ item, task, places, stack: stack.data, labeling: labelingOf(rules.data, present.map(({ label }) => label)), annotations: present, userId: me.user.id, isReadOnly, journal, left });
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
  return { bench, error: stack.error ?? annotations.error ?? rules.error };
}
