import type { Caller } from '../../identity/caller.ts';
import { get, idOf, pageOf, patch, post, put, remove, textOf, type Call, type DoorRoute } from './answer.ts';
import { searchAnnotations } from './annotation-search.ts';
import { allWorklists, batchNotes, collectionOf, itemsOf, needBatch, worklistsOf, type BatchNotes, type Collection } from './collections.ts';
import type { DatamintDeps } from './context.ts';
import { changeResources, createCollection, letIn, setWorkStatus, sharesOf } from './membership.ts';
import { annotationSpecs, completeDefinitions, fromRecipe, segmentationGroups, toRecipe, type Specs } from './specs.ts';
import { byEmail } from './users.ts';
import { annotatorChange, parse, searchBody, segmentationBody, workStatusBody, worklistBody, worklistChange } from './wire.ts';
import { readDefinitions, uploadSegmentations } from './worklist-uploads.ts';

type Row = Record<string, unknown>;

/** People of a worklist, as both objects list them. */
function annotatorsOf(collection: Collection): Row[] {
  const annotators = collection.batch ? batchNotes(collection.batch).annotators : [];
  return annotators.map((annotator) => ({ status: 'active', expertise_level: null, ...annotator }));
}

const statusOf = ({ batch }: Collection): string => (batch?.status === 'completed' ? 'completed' : (batch?.counts.completed ?? 0) > 0 ? 'in_progress' : 'new');

export function worklistSummary(collection: Collection): Row {
  return { worklist_id: collection.id, worklist_name: collection.name, status: statusOf(collection), annotators: annotatorsOf(collection), description: collection.description };
}

async function specsOf({ rooms }: DatamintDeps, caller: Caller, collection: Collection): Promise<Specs> {
  return fromRecipe(collection.recipeId === null ? undefined : await rooms.recipes.get(caller, collection.recipeId));
}

async function toWorklist(deps: DatamintDeps, caller: Caller, collection: Collection): Promise<Row> {
  const specs = await specsOf(deps, caller, collection);
  const ids: string[] = [];
  for await (const items of itemsOf(deps, caller, collection)) ids.push(...items.map(({ id }) => id));
  const settings = collection.batch ? batchNotes(collection.batch).settings : {};
  return {
    ...settings,
    id: collection.id,
    name: collection.name,
    status: statusOf(collection),
    annotators: annotatorsOf(collection),
    annotations: annotationSpecs(specs),
    resource_ids: ids,
    created_at: collection.createdAt,
    created_by: collection.createdBy,
    description: collection.description,
    segmentation_type: specs.valueType,
    segmentation_group: segmentationGroups(specs),
    viewable_ai_segs: settings['viewable_ai_segmentations'] ?? [],
    editable_ai_segs: settings['editable_ai_segmentations'] ?? [],
  };
}

/** Worklists (`annotationsets`): who labels which resources, and what is asked for. */
export function worklistRoutes(deps: DatamintDeps): DoorRoute[] {
  const need = (call: Call) => collectionOf(deps, call.caller, call.params['id']);
  const inWorklist = async (call: Call, more: Row) => {
    const worklist = await need(call);
    const search = parse(searchBody, { resource_id: idOf(call.params['resource']), ...(call.query['annotator'] ? { annotatorEmail: call.query['annotator'] } : {}), ...more });
    const { rows } = await searchAnnotations(deps, call.caller, search);
    return rows.filter((row) => [null, worklist.id].includes((row as { annotation_worklist_id: string | null }).annotation_worklist_id));
  };
  return [
    get('/annotationsets', (call) => listWorklists(deps, call)),
    post('/annotationsets', (call) => createWorklist(deps, call)),
    get('/annotationsets/:id', async (call) => toWorklist(deps, call.caller, await need(call))),
    patch('/annotationsets/:id', async (call) => changeWorklist(deps, call, await need(call))),
    get('/annotationsets/:id/segmentation-group', async (call) => ({ groups: segmentationGroups(await specsOf(deps, call.caller, await need(call))) })),
    put('/annotationsets/:id/segmentation-group', async (call) => {
      const { segmentationData } = parse(segmentationBody, await call.body());
      const specs = await changeSpecs(deps, call.caller, await need(call), (known) => ({
        ...known,
        valueType: segmentationData.segmentationValueType,
        definitions: completeDefinitions(segmentationData.definitions, known.definitions),
      }));
      return { groups: segmentationGroups(specs) };
    }),
    remove('/annotationsets/:id/segmentation-group/:identifier', async (call) => {
      const gone = call.params['identifier'];
      await changeSpecs(deps, call.caller, await need(call), (known) => ({ ...known, definitions: known.definitions.filter(({ identifier }) => identifier !== gone) }));
      return {};
    }),
    post('/annotationsets/:id/resources', async (call) => {
      await changeResources(deps, call, await need(call));
      return { id: call.params['id'] };
    }),
    post('/annotationsets/:id/resources/:resource/status', async (call) => {
      const { status } = parse(workStatusBody, await call.body());
      await setWorkStatus(deps, call.caller, await need(call), idOf(call.params['resource']), status);
      return [{ resource_id: call.params['resource'], status }];
    }),
    get('/annotationsets/:id/resources/:resource/annotations', async (call) =>
      (await inWorklist(call, {})).filter((row) => (row as { annotation_type: string }).annotation_type !== 'segmentation'),
    ),
    get('/annotationsets/:id/resources/:resource/segmentations', (call) => inWorklist(call, { annotation_type: 'segmentation' })),
    get('/annotationsets/:id/resources/:resource/ai_segmentations', async (call) =>
      (await inWorklist(call, { annotation_type: 'segmentation' })).filter((row) => (row as { is_model: boolean }).is_model),
    ),
    post('/annotationsets/:id/resources/:resource/segmentations', async (call) => uploadSegmentations(deps, call, await need(call))),
    post('/annotationsets/:id/segmentation-group/upload', async (call) => {
      const collection = await need(call);
      const { definitions, replace } = await readDefinitions(call.request);
      const specs = await changeSpecs(deps, call.caller, collection, (known) => ({
        ...known,
        definitions: completeDefinitions(replace ? definitions : [...known.definitions.filter((one) => !definitions.some(({ identifier }) => identifier === one.identifier)), ...definitions], known.definitions),
      }));
      return { groups: segmentationGroups(specs) };
    }),
    post('/annotationsets/:id/annotators/:user', async (call) => {
      const said = parse(annotatorChange, await call.body());
      const { email } = await byEmail(deps, call.caller, call.params['user']);
      await changeAnnotators(deps, call.caller, await need(call), (known) => [...known.filter((one) => one['email'] !== email), { ...known.find((one) => one['email'] === email), ...said, email }]);
      return { email, ...said };
    }),
    remove('/annotationsets/:id/annotators/:user', async (call) => {
      const { email } = await byEmail(deps, call.caller, call.params['user']);
      await changeAnnotators(deps, call.caller, await need(call), (known) => known.filter((one) => one['email'] !== email));
      return {};
    }),
  ];
}

/** Every worklist, those of projects among them; `status` and `project_id` narrow the list. */
async function listWorklists(deps: DatamintDeps, { caller, query }: Call): Promise<unknown> {
  const { offset, limit } = pageOf(query);
  const [status, project] = [textOf(query['status']), textOf(query['project_id'])];
  const all = project === undefined ? await allWorklists(deps, caller) : await worklistsOf(deps, caller, await collectionOf(deps, caller, project));
  const found = all.filter((worklist) => status === undefined || statusOf(worklist) === status);
  const data: Row[] = [];
  for (const worklist of found.slice(offset, offset + limit)) data.push(await toWorklist(deps, caller, worklist));
  return { data, totalCount: found.length };
}

async function createWorklist(deps: DatamintDeps, { caller, body, reply }: Call): Promise<unknown> {
  const { name, resource_ids, description, annotations, annotators, segmentation_data: segments, project_id: project, ...settings } = parse(worklistBody, await body());
  if (project != null) await collectionOf(deps, caller, project);
  const batch = await createCollection(deps, caller, {
    kind: 'worklist',
    ...(project == null ? {} : { project }),
    name,
    description: description ?? null,
    resourceIds: resource_ids,
    annotators: annotators ?? [],
    specs: { annotations: annotations ?? [], valueType: segments?.segmentationValueType ?? 'single_label', definitions: completeDefinitions(segments?.definitions ?? []) },
    settings,
  });
  void reply.code(201);
  return toWorklist(deps, caller, await collectionOf(deps, caller, batch.id));
}

async function changeWorklist(deps: DatamintDeps, { caller, body }: Call, collection: Collection): Promise<unknown> {
  const { name, description, annotations, annotators, segmentation_data: segments, resource_ids: _ids, project_id: _project, ...settings } = parse(worklistChange, await body());
  const batch = needBatch(collection);
  if (name !== undefined && name !== batch.name && batchNotes(batch).kind === 'worklist') await deps.rooms.batches.update(caller, batch.id, { name });
  if (annotations || segments) {
    await changeSpecs(deps, caller, collection, (known) => ({
      annotations: annotations ?? known.annotations,
      valueType: segments?.segmentationValueType ?? known.valueType,
      definitions: segments ? completeDefinitions(segments.definitions, known.definitions) : known.definitions,
    }));
  }
  if (annotators) await changeAnnotators(deps, caller, collection, () => annotators);
  await deps.rooms.batches.changeExtra(caller, batch.id, (extra) => {
    const notes = extra as BatchNotes;
    return { ...notes, ...(description === undefined ? {} : { description }), settings: { ...notes.settings, ...settings } };
  });
  return toWorklist(deps, caller, await collectionOf(deps, caller, batch.id));
}

/** A new version of the recipe, made from the newest. */
async function changeSpecs({ rooms }: DatamintDeps, caller: Caller, collection: Collection, change: (known: Specs) => Specs): Promise<Specs> {
  const batch = needBatch(collection);
  if (batch.recipeId === null) throw new Error(`The batch ${batch.id} has no recipe.`);
  return fromRecipe(await rooms.recipes.revise(caller, batch.recipeId, (newest) => toRecipe(change(fromRecipe(newest)))));
}

async function changeAnnotators(deps: DatamintDeps, caller: Caller, collection: Collection, change: (known: Row[]) => Row[]): Promise<void> {
  const batch = needBatch(collection);
  const after = await deps.rooms.batches.changeExtra(caller, batch.id, (extra) => {
    const notes = extra as BatchNotes;
    return { ...notes, annotators: change(notes.annotators) };
  });
  const shares = sharesOf(batchNotes(after).annotators);
  await letIn(deps, caller, batch.projectId, shares.map(({ email }) => email));
  if (after.status === 'staging' || after.status === 'in_progress') await deps.rooms.batches.assign(caller, batch.id, shares);
}
