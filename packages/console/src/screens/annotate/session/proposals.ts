import type { Annotation } from '@fovea/contract';

/** What a model wrote and nobody has spoken on yet is shown as a suggestion, to be accepted or rejected. */
export function isProposal({ source, status }: Pick<Annotation, 'source' | 'status'>): boolean {
  return source === 'model' && status === null;
}
