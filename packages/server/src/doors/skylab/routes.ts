import type { Caller } from '../../identity/caller.ts';

/** A call of the protocol: who, the parts of its path, and its parameters, which come in the query, the body, or both (the body wins). */
export interface DoorCall {
  caller: Caller;
  /** The key that was sent. */
  key: string;
  path: Record<string, string>;
  params: Record<string, unknown>;
}

export interface DoorRoute {
  method: 'GET' | 'POST' | 'DELETE' | ['PATCH', 'PUT'];
  path: string;
  /** Default 200. */
  status?: number;
  handle(call: DoorCall): Promise<unknown>;
}
