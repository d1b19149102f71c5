import type { z } from 'zod';
import type { ErrorCode } from './errors.ts';

/** What a key or session must be allowed in general. Each scope includes nothing but itself. */
export const scopes = ['read', 'write', 'label', 'admin'] as const;
export type Scope = (typeof scopes)[number];

/** Roles of a member in a project, strongest first; each includes what the ones after it may do. */
export const projectRoles = ['owner', 'manager', 'developer', 'reviewer', 'annotator'] as const;
export type ProjectRole = (typeof projectRoles)[number];

/**
 * Who may call an operation. `public`: nobody needs to be known. `user`: anybody with a valid key or session. `org`: an
 * administrator of the organisation. A project role: members of the project the request is about, from that role up.
 */
export type Audience = 'public' | 'user' | 'org' | ProjectRole;

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** How a body or a result travels when it is not JSON. */
export type Transfer = 'binary' | 'multipart' | 'ndjson' | 'events';

type Shape = z.ZodObject | undefined;

/** One operation of the public language: the server mounts it, the SDK calls it, the reference describes it. */
export interface Operation<
  P extends Shape = Shape,
  Q extends Shape = Shape,
  B extends z.ZodType | Transfer | undefined = z.ZodType | Transfer | undefined,
  R extends z.ZodType | Transfer | undefined = z.ZodType | Transfer | undefined,
> {
  /** `feature.verb`: also the SDK's method, `fovea.feature.verb()`. */
  readonly id: `${string}.${string}`;
  readonly method: HttpMethod;
  /** With parameters in braces: `/v1/projects/{project}`. */
  readonly path: `/${string}`;
  /** One sentence for the reference. */
  readonly summary: string;
  /** More, in Markdown. */
  readonly description?: string;
  readonly audience: Audience;
  readonly scope: Scope | undefined;
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly result: R;
  /** The status of success. */
  readonly status: 200 | 201 | 202 | 204;
  /** The error codes that are special to this operation; those that any request can meet are not repeated. */
  readonly errors: readonly ErrorCode[];
}

type Given<P extends Shape, Q extends Shape, B, R> = {
  id: `${string}.${string}`;
  method: HttpMethod;
  path: `/${string}`;
  summary: string;
  description?: string;
  audience: Audience;
  scope?: Scope;
  params?: P;
  query?: Q;
  body?: B;
  result?: R;
  status?: 200 | 201 | 202 | 204;
  errors?: readonly ErrorCode[];
};

/** Declares an operation. The status of success is 200 with a result and 204 without, unless given. */
export function operation<
  P extends Shape = undefined,
  Q extends Shape = undefined,
  B extends z.ZodType | Transfer | undefined = undefined,
  R extends z.ZodType | Transfer | undefined = undefined,
>(given: Given<P, Q, B, R>): Operation<P, Q, B, R> {
  return {
    id: given.id,
    method: given.method,
    path: given.path,
    summary: given.summary,
    ...(given.description === undefined ? {} : { description: given.description }),
    audience: given.audience,
    scope: given.scope ?? (given.audience === 'public' ? undefined : given.method === 'GET' ? 'read' : 'write'),
    params: given.params as P,
    query: given.query as Q,
    body: given.body as B,
    result: given.result as R,
    status: given.status ?? (given.result === undefined ? 204 : 200),
    errors: given.errors ?? [],
  };
}

type Output<T> = T extends z.ZodType ? z.output<T> : T extends Transfer ? unknown : undefined;
type Input<T> = T extends z.ZodType ? z.input<T> : T extends Transfer ? unknown : undefined;

/** What a handler gets: parsed values, defaults filled in. */
export interface Parsed<O extends Operation> {
  params: Output<O['params']>;
  query: Output<O['query']>;
  body: Output<O['body']>;
}
/** What a caller passes. */
export type ParamsOf<O extends Operation> = Input<O['params']>;
export type QueryOf<O extends Operation> = Input<O['query']>;
export type BodyOf<O extends Operation> = Input<O['body']>;
/** What a caller gets. */
export type ResultOf<O extends Operation> = Output<O['result']>;
