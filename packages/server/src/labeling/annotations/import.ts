import { Readable } from 'node:stream';
import { annotationInput } from '@fovea/contract';
import { z } from 'zod';
import { authorizeDataset } from '../../catalog/datasets/access.ts';
import { selectByPaths, selectItems, type StoredItem } from '../../catalog/items/store.ts';
import type { Database } from '../../engines/database/database.ts';
import { Fault, fieldErrors } from '../../fault.ts';
import type { Caller } from '../../identity/caller.ts';
import { newFaults, takeUpLabels } from './rules.ts';
import type { AnnotationsService } from './service.ts';
import type { NewAnnotation } from './store.ts';

const line = annotationInput.extend({ itemId: z.uuid().optional(), path: z.string().optional() });
const maxLineBytes = 16 * 1024 * 1024;
const stepLines = 5_000;
const maxErrors = 100;

export interface ImportReport {
  imported: number;
  failed: number;
  errors: { line: number; message: string }[];
}

interface Line {
  at: number;
  value: z.output<typeof line>;
}

/**
 * Adds annotations from NDJSON, some thousand lines a transaction, in constant memory: one step is read and checked while the one before is written.
 * A line that is wrong is reported; the others stay.
 */
export async function importAnnotations(
  { db, annotations }: { db: Database; annotations: AnnotationsService },
  caller: Caller,
  datasetId: string,
  source: AsyncIterable<Uint8Array>,
): Promise<ImportReport> {
  const dataset = await authorizeDataset(db, caller, datasetId, { role: 'developer', scope: 'label' });
  const recipe = await annotations.recipeOf(datasetId);
  const report: ImportReport = { imported: 0, failed: 0, errors: [] };
  const fail = (at: number, message: string): void => {
    report.failed += 1;
    if (report.errors.length < maxErrors) report.errors.push({ line: at, message });
  };

  const row = ({ at, value }: Line, item: StoredItem | undefined): NewAnnotation | undefined => {
    if (!item) {
      fail(at, value.itemId === undefined ? `There is no item at the path "${value.path}".` : `There is no item "${value.itemId}" in the dataset.`);
      return undefined;
    }
    const [wrong] = newFaults(recipe, value, { required: true });
    if (wrong) {
      fail(at, `${wrong.path}: ${wrong.message}`);
      return undefined;
    }
    try {
      return annotations.row(caller, item, { ...value, source: value.source === 'human' ? 'import' : value.source });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      fail(at, error.message);
      return undefined;
    }
  };

  async function* steps(): AsyncGenerator<NewAnnotation[]> {
    for await (const step of inSteps(source, fail)) {
      const items = await itemsOf(db, datasetId, step.map(({ value }) => value));
      yield step.flatMap((one) => row(one, one.value.itemId === undefined ? items.byPath.get(one.value.path ?? '') : items.byId.get(one.value.itemId)) ?? []);
    }
  }

  // The stream asks for the next step while this one is written.
  for await (const rows of Readable.from(steps(), { objectMode: true, highWaterMark: 1 }) as AsyncIterable<NewAnnotation[]>) {
    if (rows.length === 0) continue;
    await db.tx(async (tx) => {
      await takeUpLabels(tx, caller, recipe, rows.map(({ label }) => label));
      await annotations.insertManyIn(tx, caller, dataset, rows);
    });
    report.imported += rows.length;
  }
  report.errors.sort((a, b) => a.line - b.line);
  return report;
}

/** The lines that can be read, some thousand at a time. */
async function* inSteps(source: AsyncIterable<Uint8Array>, fail: (at: number, message: string) => void): AsyncGenerator<Line[]> {
  let step: Line[] = [];
  let at = 0;
  for await (const text of lines(source)) {
    at += 1;
    if (text.trim() === '') continue;
    const value = parse(text);
    if (typeof value === 'string') fail(at, value);
    else step.push({ at, value });
    if (step.length >= stepLines) {
      yield step;
      step = [];
    }
  }
  if (step.length > 0) yield step;
}

function parse(text: string): z.output<typeof line> | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return 'The line is not valid JSON.';
  }
  const result = line.safeParse(json, { reportInput: true });
  if (!result.success) {
    const [fault] = fieldErrors(result.error.issues, [], 'an annotation to import');
    return `${fault?.path || 'line'}: ${fault?.message}`;
  }
  if ((result.data.itemId === undefined) === (result.data.path === undefined)) return 'The line needs an itemId or a path, not both.';
  return result.data;
}

async function itemsOf(db: Database, datasetId: string, values: { itemId?: string | undefined; path?: string | undefined }[]) {
  const ids = [...new Set(values.flatMap((value) => value.itemId ?? []))];
  const paths = [...new Set(values.flatMap((value) => value.path ?? []))];
  const byId = new Map((ids.length > 0 ? await selectItems(db, ids) : []).filter((item) => item.datasetId === datasetId).map((item) => [item.id, item]));
  const byPath = new Map((paths.length > 0 ? await selectByPaths(db, datasetId, paths) : []).map((item): [string, StoredItem] => [item.path, item]));
  return { byId, byPath };
}

async function* lines(source: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let rest = '';
  const decode = (chunk?: Uint8Array): string => {
    try {
      return chunk ? decoder.decode(chunk, { stream: true }) : decoder.decode();
    } catch {
      throw new Fault('invalid_request', 'The body is not valid UTF-8.');
    }
  };
  for await (const chunk of source) {
    const parts = (rest + decode(chunk)).split('\n');
    rest = parts.pop() ?? '';
    if (rest.length > maxLineBytes) throw new Fault('too_large', `A line has more than ${maxLineBytes.toLocaleString('en')} characters.`);
    yield* parts;
  }
  rest += decode();
  if (rest !== '') yield rest;
}
