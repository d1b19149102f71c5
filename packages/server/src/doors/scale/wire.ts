// What the clients send, exactly as on the wire. Unset optional fields may be present as null: null is absent.
import { z } from 'zod';
import { badParameter } from './errors.ts';

const maxMetadataBytes = 10 * 1024;
const maxTags = 5;

const email = /^[^\s@/:]+@[^\s@/:]+\.[^\s@/:]+$/;

/** True for an e-mail address in the place of a callback URL. */
export function isEmail(text: string): boolean {
  return email.test(text);
}

const name = z.string().min(1, 'must not be empty').max(190, 'must have at most 190 characters');
const text = z.string().max(200_000, 'must have at most 200,000 characters');
const callback = z
  .string()
  .max(2_000, 'must have at most 2,000 characters')
  .refine((value) => value === '' || isEmail(value) || isHttpUrl(value), { error: 'must be an http(s) URL or an e-mail address' });

export const metadataBody = z
  .record(z.string(), z.unknown(), 'must be an object')
  .refine((value) => Buffer.byteLength(JSON.stringify(value)) <= maxMetadataBytes, { error: 'must have at most 10 KB' });

export const tagsBody = z.array(z.string().min(1).max(200), 'must be an array of texts');

/** The most tags that a task can have. */
export const tagLimit = maxTags;

/** What every task takes; everything else goes into `params` unchanged. */
export const taskBody = z.looseObject({
  project: name.optional(),
  batch: name.optional(),
  instruction: text.optional(),
  callback_url: callback.optional(),
  metadata: metadataBody.optional(),
  unique_id: z.union([z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters'), z.number().transform(String)]).optional(),
  clear_unique_id_on_error: z.boolean().optional(),
  tags: tagsBody.max(maxTags, `must have at most ${maxTags} tags`).optional(),
  priority: z.int('must be a whole number').min(-1_000).max(1_000).optional(),
  urgency: z.string().max(100).optional(),
  project_version: z.int('must be a whole number').min(-1, 'must be -1 or a version').optional(),
});
export type TaskBody = z.infer<typeof taskBody>;

export const auditBody = z.object({ accepted: z.boolean(), comments: z.string().max(10_000).optional() });
export const uniqueIdBody = z.object({ unique_id: z.string().min(1, 'must not be empty').max(500, 'must have at most 500 characters') });

export const batchBody = z.object({
  project: name,
  name,
  callback: callback.optional(),
  calibration_batch: z.boolean().optional(),
  self_label_batch: z.boolean().optional(),
  metadata: metadataBody.optional(),
});
export type BatchBody = z.infer<typeof batchBody>;

export const projectBody = z.object({
  name,
  type: z.string().min(1).max(100),
  params: z.record(z.string(), z.unknown(), 'must be an object').optional(),
  rapid: z.boolean().optional(),
  /** What `rapid` was called at first. */
  self_serve: z.boolean().optional(),
  studio: z.boolean().optional(),
  datasetId: z.string().optional(),
});
export type ProjectBody = z.infer<typeof projectBody>;

export const paramsBody = z.looseObject({ patch: z.boolean().optional() });
export const ontologyBody = z.object({ ontology: z.array(z.unknown(), 'must be an array'), name: z.string().optional() });

export const importBody = z.object({
  file_url: z.string().min(1),
  project_name: name.optional(),
  display_name: z.string().max(200).optional(),
  reference_id: z.string().min(1).max(400).optional(),
  metadata: z.union([metadataBody, z.string()]).optional(),
});

const emails = z.array(z.string().regex(email, 'must be an e-mail address').toLowerCase()).max(1_000);
export const teamBody = z.object({ emails, team_role: z.enum(['labeler', 'member', 'manager'], { error: 'must be labeler, member or manager' }) });
export const assignmentBody = z.object({ emails, projects: z.array(name).max(1_000) });
export const groupBody = z.object({ name, emails });
export const groupChangeBody = z.object({ add_emails: emails.optional(), remove_emails: emails.optional() });
export const batchGroupsBody = z.object({ groups: z.array(z.string().min(1)).max(1_000) });
export const prioritiesBody = z.object({ batches: z.array(z.looseObject({ name })).max(10_000) });

/** Parses a body, or throws a fault that names the parameter. `undefined` stands for an empty object. */
export function parse<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const result = schema.safeParse(withoutNulls(body ?? {}));
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path.join('.') ?? '';
  const missing = issue?.code === 'invalid_type' && issue.input === undefined && issue.path.length > 0;
  throw badParameter(path === '' ? 'body' : path, missing && !hasPath(body, issue?.path ?? []) ? 'is required' : messageOf(issue));
}

function messageOf(issue: z.core.$ZodIssue | undefined): string {
  const message = issue === undefined || issue.message === 'Invalid input' ? 'is not valid' : issue.message;
  const [, expected] = /expected (\w+)/.exec(message) ?? [];
  return expected === undefined || !message.startsWith('Invalid input') ? message : `must be of type ${expected}`;
}

function hasPath(body: unknown, path: readonly PropertyKey[]): boolean {
  let at = body;
  for (const key of path) {
    if (typeof at !== 'object' || at === null) return false;
    at = (at as Record<PropertyKey, unknown>)[key];
  }
  return at !== undefined && at !== null;
}

function withoutNulls(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== null));
}

export function isHttpUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

/** One value of a query; the first when it stands there more than once. */
export function single(query: Record<string, unknown>, key: string): string | undefined {
  const value = query[key];
  const first = Array.isArray(value) ? (value as unknown[])[0] : value;
  return typeof first === 'string' && first !== '' ? first : undefined;
}

/** All values of a key that may be repeated. */
export function every(query: Record<string, unknown>, key: string): string[] {
  const value = query[key];
  return (Array.isArray(value) ? (value as unknown[]) : [value]).filter((one): one is string => typeof one === 'string' && one !== '');
}

/** `True` and `False` as Python writes them, in any case. */
export function flag(query: Record<string, unknown>, key: string): boolean {
  return /^(true|1|yes)$/i.test(single(query, key) ?? '');
}

/** A page size from 1 to 100; larger ones are cut to 100, as the answer then says. */
export function pageLimit(query: Record<string, unknown>): number {
  return Math.min(wholeNumber(query, 'limit', 1) ?? 100, 100);
}

export function wholeNumber(query: Record<string, unknown>, key: string, min: number): number | undefined {
  const given = single(query, key);
  if (given === undefined) return undefined;
  const value = Number(given);
  if (!/^[+-]?\d{1,12}$/.test(given) || value < min) throw badParameter(key, `must be a whole number from ${min}`);
  return value;
}
