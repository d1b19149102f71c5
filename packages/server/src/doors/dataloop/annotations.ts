import { z } from 'zod';
import { mergeMetadata } from '../../catalog/items/metadata.ts';
import type { StoredAnnotation } from '../../labeling/annotations/store.ts';
import { get, idOf, parse, post, put, remove, type Call, type DoorRoute } from './call.ts';
import { origin, urlOf, type DataloopDeps } from './context.ts';
import { asJson, type Json } from './json.ts';
import { readAnnotation } from './read-annotation.ts';
import { showAnnotation } from './show-annotation.ts';

const sentAnnotation = z.looseObject({ type: z.string(), label: z.string().nullish() });
const upload = z.union([z.array(sentAnnotation).max(10_000), sentAnnotation.transform((one) => [one])]);
const change = z.looseObject({ metadata: z.looseObject({ system: z.looseObject({}).nullish(), user: z.unknown().optional() }).nullish() });

/** What a change may speak of; everything else that comes along is ignored. */
const changeable = ['type', 'label', 'coordinates', 'description', 'attributes', 'source'] as const;

export function annotationRoutes(deps: DataloopDeps): DoorRoute[] {
  const { items, annotations } = deps.rooms;
  const show = (annotation: StoredAnnotation) => showAnnotation((path) => urlOf(deps, path), annotation);

  async function create(call: Call): Promise<unknown> {
    const itemId = idOf(call, 'item');
    const sent = parse(upload, await call.body());
    const item = await items.getStored(call.caller, itemId);
    const made = sent.length === 0 ? [] : await annotations.create(call.caller, itemId, sent.map((record) => ({ ...readAnnotation(record, item), origin })));
    return made.map(show);
  }

  async function list(call: Call): Promise<unknown> {
    const { id, projectId } = await items.getStored(call.caller, idOf(call, 'item'));
    return (await annotations.shownOfItems(call.caller, projectId, [id])).map(show);
  }

  async function update(call: Call): Promise<unknown> {
    const before = await annotations.get(call.caller, idOf(call, 'annotation'));
    const sent = parse(change, await call.body());
    const item = await items.getStored(call.caller, before.itemId);
    const now = changed(show(before), sent, call.query['system'] === 'true');
    const { keyframes = null, group = null, ...content } = readAnnotation(now, item);
    return show(await annotations.update(call.caller, before.id, { ...content, source: before.source, keyframes, group }, before.revision));
  }

  return [
    post('/items/:item/annotations', create),
    get('/items/:item/annotations', list),
    get('/annotations/:annotation', async (call) => show(await annotations.get(call.caller, idOf(call, 'annotation')))),
    put('/annotations/:annotation', update),
    remove('/annotations/:annotation', async (call) => {
      await annotations.delete(call.caller, idOf(call, 'annotation'));
      return {};
    }),
  ];
}

/** The annotation of the wire with a difference merged into it: objects by key, null removes, lists replace. A status is changed with `system` only. */
function changed(now: Json, sent: z.infer<typeof change>, system: boolean): Json {
  const wanted: Json = Object.fromEntries(changeable.filter((key) => key in sent).map((key) => [key, sent[key]]));
  const { system: sentSystem, ...rest } = sent.metadata ?? {};
  const { status, ...others } = asJson(sentSystem) ?? {};
  const systemChange = system && status !== undefined ? { ...others, status } : others;
  return mergeMetadata(now, { ...wanted, metadata: { ...rest, system: systemChange } });
}
