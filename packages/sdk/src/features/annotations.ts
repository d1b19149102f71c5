import { annotations, type Annotation, type AnnotationInput, type AnnotationOperation, type OperationResult } from '@fovea/contract';
import { platform } from '#platform';
import type { CallOptions, CallResult, Upload } from '../client.ts';
import { Feature } from '../feature.ts';
import { openSource } from '../transfer/source.ts';

/** Annotations: what is said about places in items. */
export class Annotations extends Feature {
  /** Lists the annotations of an item, oldest first. */
  readonly list = this.listOf(annotations.list, 'item');
  /** Adds annotations to an item: all of them, or none when one is not valid. With `task`, as drafts of that task. */
  create(item: string, added: AnnotationInput[], { task, ...options }: CallOptions & { task?: string } = {}): Promise<{ data: Annotation[] }> {
    return this.client.run(annotations.create, { ...options, params: { item }, query: task === undefined ? {} : { task }, body: { annotations: added } });
  }
  /** Applies edits with client-made ids, each by itself; one that comes twice changes nothing. With `task`, as part of that task. */
  apply(item: string, edits: AnnotationOperation[], { task, ...options }: CallOptions & { task?: string } = {}): Promise<{ data: OperationResult[] }> {
    return this.client.run(annotations.apply, { ...options, params: { item }, query: task === undefined ? {} : { task }, body: { operations: edits } });
  }
  /** Gets an annotation. */
  readonly get = this.method(annotations.get, 'annotation');
  /** Changes an annotation; what is left out stays. */
  readonly update = this.method(annotations.update, 'annotation');
  /** Deletes an annotation. */
  readonly delete = this.method(annotations.delete, 'annotation');
  /** Lists the earlier states of an annotation, newest first. */
  readonly revisions = this.listOf(annotations.revisions, 'annotation');
  /** Gives an annotation, also a deleted one, the state of an earlier revision. */
  readonly restore = this.method(annotations.restore, 'annotation');
  /** Finds annotations of a dataset by the query language. */
  readonly query = this.listOf(annotations.query, 'dataset');
  /** Counts the annotations that a filter finds. */
  readonly count = this.method(annotations.count, 'dataset');
  /** Changes every annotation that a filter finds, in the background. */
  readonly updateMany = this.method(annotations.updateMany, 'dataset');
  /** Deletes every annotation that a filter finds, in the background. */
  readonly deleteMany = this.method(annotations.deleteMany, 'dataset');
  /**
   * Adds many annotations from lines of JSON, each with the `itemId` or `path` of its item: things to be written as lines, or the lines as
   * text, bytes, Blob or stream. It is sent once: an import that breaks off is not repeated, as what came in already would come in twice.
   */
  async import(dataset: string, lines: AnnotationLines, options: CallOptions = {}): Promise<CallResult<typeof annotations.import>> {
    const source = await openSource(typeof lines === 'string' ? new TextEncoder().encode(lines) : isBytes(lines) ? lines : written(lines));
    const body: Upload = {
      open: async (sent) => {
        const opened = await platform.body(source, sent);
        return { ...opened, headers: { ...opened.headers, 'content-type': 'application/x-ndjson' } };
      },
      replayable: false,
    };
    return this.client.run(annotations.import, { ...options, params: { dataset }, body });
  }
}

/** What `annotations.import` takes. */
export type AnnotationLines = Iterable<object> | AsyncIterable<object> | string | Uint8Array | Blob | ReadableStream<Uint8Array>;

function isBytes(lines: Exclude<AnnotationLines, string>): lines is Uint8Array | Blob | ReadableStream<Uint8Array> {
  return lines instanceof Uint8Array || lines instanceof Blob || lines instanceof ReadableStream;
}

/** So many characters are sent at once. */
const chunkLength = 65_536;

async function* written(lines: Iterable<object> | AsyncIterable<object>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let text = '';
  for await (const line of lines) {
    text += `${JSON.stringify(line)}\n`;
    if (text.length < chunkLength) continue;
    yield encoder.encode(text);
    text = '';
  }
  if (text !== '') yield encoder.encode(text);
}
