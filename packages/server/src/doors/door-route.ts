import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Caller } from '../identity/caller.ts';

/** A request as handlers take it. */
export interface Call {
  caller: Caller;
  params: Record<string, string>;
  query: Record<string, unknown>;
  request: FastifyRequest;
  reply: FastifyReply;
  /** The parsed body; `{}` when there is none. */
  body(): Promise<unknown>;
}

export interface DoorRoute {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below the door's own prefix. */
  path: string;
  /** Its result is the JSON answer; undefined when it has answered by itself. */
  handle(call: Call): Promise<unknown>;
}

export const get = (path: string, handle: DoorRoute['handle']): DoorRoute => ({ method: 'GET', path, handle });
export const post = (path: string, handle: DoorRoute['handle']): DoorRoute => ({ method: 'POST', path, handle });
export const put = (path: string, handle: DoorRoute['handle']): DoorRoute => ({ method: 'PUT', path, handle });
export const patch = (path: string, handle: DoorRoute['handle']): DoorRoute => ({ method: 'PATCH', path, handle });
export const remove = (path: string, handle: DoorRoute['handle']): DoorRoute => ({ method: 'DELETE', path, handle });
