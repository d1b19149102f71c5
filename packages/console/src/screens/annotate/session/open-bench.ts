import type { Item, Task } from '@fovea/contract';
import { annotationsQuery } from '../../../api/annotations.ts';
import { queryClient } from '../../../api/query-client.ts';
import { recipeQuery } from '../../../api/tasks.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { notify } from '../../../ui/notices.ts';
import { loadStack, type Stack } from '../../item/scan/frame-store.ts';
import { isOf, takeRescued } from './journal.ts';
import { loadPicture, showPicture } from './picture.ts';
import { placesOf } from './places-of.ts';
import { labelingOf } from './recipe-labels.ts';
import { allWithVoxels } from './voxels.ts';
import { draftTaskOf, sendLeft, theJournal, Workbench } from './workbench.ts';

export interface BenchInput {
  readonly item: Item;
  readonly task: Task | undefined;
  readonly recipe: { readonly id: string; readonly version: number | null } | undefined;
  readonly isReadOnly: boolean;
  readonly userId: string;
}

/** What a task is worked on with, when it is not only looked at. */
export const recipeOf = ({ recipeId, recipeVersion }: Task): BenchInput['recipe'] => (recipeId === null ? undefined : { id: recipeId, version: recipeVersion });

const stackQuery = (item: Item) => ({ queryKey: ['scan', item.id, item.sha256, 'stack'], queryFn: ({ signal }: { signal: AbortSignal }) => loadStack(item, signal), staleTime: 60_000 });

/** Loads what an item needs, sends what earlier visits left, and makes its workbench. @throws ApiError, ConnectionError */
export async function openBench(input: BenchInput): Promise<Workbench> {
  const { item, task, userId } = input;
  const loaded = await load(input);
  const journal = await theJournal();
  const left = await sendLeft(journal, { userId, itemId: item.id, taskId: draftTaskOf(task) ?? '' }, loaded.places.itemIds);
  if (left.length > 0) notify({ tone: 'plain', text: t.save.restored(left.length) });
  return new Workbench({ ...input, ...loaded, journal, left });
}

/**
 * The workbench of a task that comes next, with its picture. Undefined where something is to be done when it is opened:
 * edits of an earlier visit wait in the journal, or what is shown is no picture that the browser can decode.
 */
export async function prepareBench(input: BenchInput): Promise<Workbench | undefined> {
  const { item, task, userId } = input;
  if (item.kind !== 'image' || item.probe !== 'ready') return undefined;
  const [loaded, picture, journal] = await Promise.all([load(input), loadPicture(item), theJournal()]);
  await takeRescued(journal);
  const waiting = (await journal.ofUser(userId)).some(isOf({ userId, itemId: item.id, taskId: draftTaskOf(task) ?? '' }));
  if (waiting) return undefined;
  if (picture.isPreview) return undefined;
  const bench = new Workbench({ ...input, ...loaded, journal, left: [] });
  showPicture(bench, picture);
  return bench;
}

async function load({ item, task, recipe }: BenchInput) {
  const draftTask = draftTaskOf(task);
  const isScan = item.kind === 'dicom' || item.kind === 'nifti';
  const rules = recipe && queryClient.fetchQuery(recipeQuery(recipe.id, recipe.version));
  const stack: Stack | undefined = isScan ? await queryClient.fetchQuery(stackQuery(item)) : undefined;
  const places = placesOf(item, stack, draftTask);
  const query = annotationsQuery(item.id, draftTask);
  const present = isScan ? (await allWithVoxels(await places.load())).map((one) => places.inward(one)) : await queryClient.fetchQuery(query);
  // The editor changes them from now on.
  queryClient.removeQueries({ queryKey: query.queryKey });
  return { places, stack, annotations: present, labeling: labelingOf(await rules, present.map(({ label }) => label)) };
}
