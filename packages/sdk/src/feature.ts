import type { BodyOf, Operation, ParamsOf, ResultOf, Transfer } from '@fovea/contract';
import type { CallOptions, CallResult, Client, QueryInput } from './client.ts';
import { List } from './list.ts';

/** What a method takes after its path parameters: the JSON body where the operation has one, else its query. */
type InputOf<O extends Operation> = O['body'] extends Transfer | undefined ? (O['query'] extends undefined ? undefined : QueryInput<O>) : BodyOf<O>;
type InputArgument<T> = [T] extends [undefined] ? [] : object extends T ? [input?: T] : [input: T];
type Texts<Names extends readonly string[]> = { [I in keyof Names]: string };
type ParamName<O extends Operation> = Extract<keyof ParamsOf<O>, string>;

/** `(…path parameters, input, options?)`; the input is left out where the operation takes none. */
export type Method<O extends Operation, Names extends readonly string[] = []> = (
  ...given: [...Texts<Names>, ...InputArgument<InputOf<O>>, options?: CallOptions]
) => Promise<CallResult<O>>;

type EntryOf<O extends Operation> = ResultOf<O> extends { data: (infer T)[] } ? T : never;
type ListInput<O extends Operation> = Omit<NonNullable<InputOf<O>>, 'cursor'>;
/** `(…path parameters, query, options?)`; `limit` in the query is the size of a page. */
export type ListMethod<O extends Operation, Names extends readonly string[] = []> = (
  ...given: [...Texts<Names>, ...InputArgument<ListInput<O>>, options?: CallOptions]
) => List<EntryOf<O>>;

/** The base of `fovea.projects`, `fovea.items` and so on: turns an operation of the contract into a method, one line each. */
export abstract class Feature {
  protected readonly client: Client;

  constructor(client: Client) {
    this.client = client;
  }

  /** A method that calls an operation; the path parameters are named in the order in which it takes them. */
  protected method<O extends Operation, const Names extends readonly ParamName<O>[]>(operation: O, ...names: Names): Method<O, Names> {
    const hasBody = typeof operation.body === 'object';
    const hasInput = hasBody || operation.query !== undefined;
    return (...given: unknown[]) => {
      const input = hasInput ? { [hasBody ? 'body' : 'query']: given[names.length] ?? {} } : {};
      const options = given[names.length + (hasInput ? 1 : 0)] as CallOptions | undefined;
      return this.client.run(operation, { ...options, params: take(names, given), ...input });
    };
  }

  /** A method that lists: awaited it gives the first page, iterated over it gives all. */
  protected listOf<O extends Operation, const Names extends readonly ParamName<O>[]>(operation: O, ...names: Names): ListMethod<O, Names> {
    const part = typeof operation.body === 'object' ? 'body' : 'query';
    return (...given: unknown[]) => {
      const input = given[names.length] as Record<string, unknown> | undefined;
      const options = given[names.length + 1] as CallOptions | undefined;
      const params = take(names, given);
      return new List((cursor) => this.client.run(operation, { ...options, params, [part]: { ...input, cursor } }) as Promise<never>);
    };
  }
}

function take(names: readonly string[], given: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(names.map((name, index) => [name, given[index]]));
}
