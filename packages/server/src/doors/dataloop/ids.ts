import { fromObjectId, isId, toObjectId } from '@fovea/contract';
import { notFound } from '../../fault.ts';

/** Ids on this wire: 24 hexadecimal digits that sort by creation; those of projects and organisations are UUIDs. */
export const toWireId = toObjectId;

/** Our id behind the wire's; undefined for text that cannot be one. A UUID of ours is taken as well. */
export function fromWireId(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  return isId(text) ? text : fromObjectId(text);
}

/** The same where it must name something: throws `not_found` with the kind and the id as they were sent. */
export function needId(text: unknown, kind: string): string {
  const id = fromWireId(text);
  if (id === undefined) throw notFound(kind, String(text));
  return id;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** A sentence of ours with the ids in it as the client knows them. */
export function withWireIds(message: string): string {
  return /\bproject\b/.test(message) ? message : message.replace(uuid, (id) => (fromObjectId(toWireId(id)) === id ? toWireId(id) : id));
}
