import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation, Parsed, ResultOf, Transfer } from '@fovea/contract';
import type { Caller } from '../identity/caller.ts';
import type { WhenMade } from '../engines/database/database.ts';

/** What a route's handler is given: parsed values, and the raw request for streams and headers. */
export interface RouteInput<O extends Operation> extends Parsed<O> {
  caller: Caller;
  /** Revision in If-Match, where one was sent. */
  ifMatch: number | undefined;
  /** Keeps the answer for repetitions of the request, in the transaction that makes what it tells of. Nothing where the request has no Idempotency-Key. */
  keep: WhenMade<Answer<O>>;
  request: FastifyRequest;
  reply: FastifyReply;
}

/** A handler answers the result; for results that are no JSON it writes the reply itself. */
type Answer<O extends Operation> = O['result'] extends Transfer | undefined ? void : ResultOf<O>;

/** A contract operation and what serves it. */
export interface Route {
  readonly operation: Operation;
  readonly handle: (input: RouteInput<Operation>) => Promise<unknown>;
}

/** Binds an operation to a service call. */
export function route<O extends Operation>(operation: O, handle: (input: RouteInput<O>) => Promise<Answer<O>>): Route {
  return { operation, handle: handle as (input: RouteInput<Operation>) => Promise<unknown> };
}
