import { allOperations } from '@fovea/contract';

let known: { pattern: RegExp; method: string }[] | undefined;

/** The methods that an address of the platform's own API takes, in alphabetical order; none where there is nothing. */
export function methodsAt(path: string): string[] {
  known ??= allOperations.map((operation) => ({
    method: operation.method,
    pattern: new RegExp(`^${operation.path.replace(/[.*+?^$()|[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+')}/?$`),
  }));
  const methods = known.flatMap(({ pattern, method }) => (pattern.test(path) ? (method === 'GET' ? ['GET', 'HEAD'] : [method]) : []));
  return [...new Set(methods)].toSorted();
}
