import type { RecipeLabel } from '@fovea/contract';
import type { Tx } from '../../engines/database/database.ts';
import { emit } from '../../events/outbox.ts';
import { Fault, notFound } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { colorOf } from './colors.ts';
import { insertVersion, moveToVersion, selectRecipe, toRecipe, type RecipeContent, type StoredRecipe } from './store.ts';

/** Writes a changed recipe as its next version. */
export async function addVersion(tx: Tx, caller: Caller, id: string, change: Partial<RecipeContent> & { name?: string | undefined; extra?: unknown }, expected?: number): Promise<StoredRecipe> {
  const before = await selectRecipe(tx, id, { lock: true });
  if (!before) throw notFound('recipe', id);
  if (expected !== undefined && before.version !== expected) {
    throw new Fault('revision_conflict', `The recipe is at version ${before.version} now.`, { current: toRecipe(before) });
  }
  const { name: _name, extra: _extra, ...content } = change;
  const next = { ...before, ...content, version: before.version + 1, createdBy: caller.email };
  checkContent(next);
  await insertVersion(tx, { ...next, labels: withColors(next.labels) });
  await moveToVersion(tx, id, next.version, change);
  await emit(tx, recipeEvent('recipe.updated', caller, before, { version: next.version }));
  const after = await selectRecipe(tx, id);
  return after ?? before;
}

/** Adds labels that the newest version has not got; one that has them all stays as it is. */
export async function addLabels(tx: Tx, caller: Caller, id: string, names: readonly string[]): Promise<void> {
  const newest = await selectRecipe(tx, id, { lock: true });
  const known = new Set(newest?.labels.map(({ name }) => name));
  const fresh = names.filter((name) => !known.has(name));
  if (newest && fresh.length > 0) await addVersion(tx, caller, id, { labels: [...newest.labels, ...fresh.map((name) => ({ name }))] });
}

/** Names once, parents that exist and do not go round, attributes that exist. */
export function checkContent(content: Pick<RecipeContent, 'labels' | 'attributes'>): void {
  const fail = (path: string, message: string): never => {
    throw new Fault('invalid_request', `${path} ${message}.`, { errors: [{ path, message }] });
  };
  const byName = new Map(content.labels.map((label) => [label.name, label]));
  const keys = new Set(content.attributes.map((attribute) => attribute.key));
  if (keys.size < content.attributes.length) fail('body.attributes', 'has a key twice');
  const seen = new Set<string>();
  content.labels.forEach((label, index) => {
    const path = `body.labels.${index}`;
    if (seen.has(label.name)) fail(path, `stands twice: "${label.name}"`);
    seen.add(label.name);
    for (let at = label.parent, steps = 0; at !== undefined; at = byName.get(at)?.parent, steps++) {
      if (!byName.has(at)) fail(path, `has the parent "${at}", which is not a label of the recipe`);
      if (steps > content.labels.length) fail(path, 'goes round in its parents');
    }
    for (const key of label.attributes ?? []) if (!keys.has(key)) fail(path, `names the attribute "${key}", which the recipe does not have`);
  });
}

export function withColors(labels: readonly RecipeLabel[]): RecipeLabel[] {
  return labels.map((label) => ({ ...label, color: label.color ?? colorOf(label.name) }));
}

export function recipeEvent(type: string, caller: Caller, recipe: { id: string; projectId: string }, data: Record<string, unknown> = {}) {
  return { type, orgId: caller.orgId, projectId: recipe.projectId, subject: { kind: 'recipe', id: recipe.id }, actor: caller.email, data };
}
