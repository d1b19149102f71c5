import { newId } from '@fovea/contract';
import type { FastifyRequest } from 'fastify';
import { parse as parseYaml } from 'yaml';
import type { z } from 'zod';
import { Fault } from '../../fault.ts';
import { parseJson, readBody } from '../../http/body.ts';
import { readMultipart } from '../../http/multipart.ts';
import { idOf, isTrue, type Call } from './answer.ts';
import { fromWire, toWire } from './annotation.ts';
import { attachMask, bytesOf } from './annotations.ts';
import type { Collection } from './collections.ts';
import type { DatamintDeps } from './context.ts';
import { decodeFilename, notesOf } from './resource.ts';
import { shortText } from './upload.ts';
import { definition, fileDefinitions, parse, uploadedSegmentations } from './wire.ts';

interface Form {
  fields: Record<string, string>;
  files: { name: string; bytes: Uint8Array }[];
}

const maxGroupBytes = 10 * 1024 * 1024;

/** A form with up to a hundred files of one name; without any, the client sends it as one of a web page. */
async function readFiles(request: FastifyRequest, fileField: string): Promise<Form> {
  if (/^application\/x-www-form-urlencoded/i.test(request.headers['content-type'] ?? '')) {
    return { fields: Object.fromEntries(new URLSearchParams((await readBody(request, 64 * 1024 * 1024)).toString('utf8'))), files: [] };
  }
  const form: Form = { fields: {}, files: [] };
  await readMultipart(request, { maxFiles: 101, maxFileBytes: Number.MAX_SAFE_INTEGER, maxFields: 50, maxFieldBytes: 64 * 1024 * 1024 }, {
    async file(part) {
      if (part.field !== fileField) form.fields[part.field] = await shortText(part);
      else if (form.files.length === 100) throw new Fault('invalid_request', `A form has at most 100 files "${fileField}".`);
      else form.files.push({ name: decodeFilename(part.filename), bytes: await bytesOf(part) });
    },
    field: (name, value) => void (form.fields[name] = value),
  });
  return form;
}

/** `POST …/resources/{id}/segmentations`: annotations of the worklist, the first of them with the pictures that came along. */
export async function uploadSegmentations(deps: DatamintDeps, { caller, params, request, reply }: Call, worklist: Collection): Promise<unknown> {
  const resource = await deps.rooms.items.getStored(caller, idOf(params['resource']));
  const { fields, files } = await readFiles(request, 'images');
  if (fields['payload'] === undefined) throw new Fault('invalid_request', 'The form has no field "payload".');
  const said = parse(uploadedSegmentations, parseJson(Buffer.from(fields['payload'])));
  if (files.length > said.length) throw new Fault('invalid_request', `There are ${files.length} images for ${said.length} segmentations.`);
  const inputs = said.map(({ identifier, frame_index: frame, geometry }) => {
    const scope = frame == null ? ('image' as const) : ('frame' as const);
    return { ...fromWire({ type: 'segmentation', identifier, scope, frame_index: frame, geometry, annotation_worklist_id: worklist.id }, resource), id: newId() };
  });
  const made = await deps.rooms.annotations.create(caller, resource.id, inputs);
  for (const [index, file] of files.entries()) {
    const annotation = made[index];
    if (annotation) made[index] = await attachMask(deps, caller, resource, annotation, file);
  }
  void reply.code(201);
  return { annotations: made.map((annotation) => toWire(annotation, notesOf(resource))) };
}

/** Segments out of a file in YAML, JSON or CSV, and whether they take the place of those that are there. */
export async function readDefinitions(request: FastifyRequest): Promise<{ definitions: z.infer<typeof definition>[]; replace: boolean }> {
  const { fields, files } = await readFiles(request, 'file');
  const [file] = files;
  if (!file) throw new Fault('invalid_request', 'The form has no file "file".');
  if (file.bytes.length > maxGroupBytes) throw new Fault('too_large', `A file of segments has at most ${maxGroupBytes.toLocaleString('en')} bytes.`);
  const text = Buffer.from(file.bytes).toString('utf8');
  const rows = /\.csv$/i.test(file.name) ? rowsOfCsv(text) : rowsOf(yamlOf(text));
  return { definitions: parse(fileDefinitions, rows), replace: fields['replace_existing'] === undefined || isTrue(fields['replace_existing']) };
}

/** JSON is YAML too. */
function yamlOf(text: string): unknown {
  try {
    return parseYaml(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new Fault('invalid_request', `The file can be read neither as YAML nor as JSON: ${(error as Error).message.split('\n')[0]}`);
  }
}

const isRow = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

function rowsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one: unknown) => (isRow(one) ? { identifier: one['name'] ?? one['label'], ...one } : { identifier: one }));
  if (!isRow(value)) throw new Fault('invalid_request', 'The file must hold a list of segments, each with an identifier, a color and an index.');
  const inner = value['segmentationData'] ?? value['definitions'] ?? value['groups'];
  if (inner !== undefined) return rowsOf(inner);
  return Object.entries(value).map(([identifier, said]) => (isRow(said) ? { identifier, ...said } : { identifier, ...(Array.isArray(said) || typeof said === 'string' ? { color: said } : {}) }));
}

/** Columns `identifier`, `color` (`#rrggbb`) or `r`, `g`, `b`, and `index`, by the names in the first line. */
function rowsOfCsv(text: string): unknown {
  const [head = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/).filter((line) => line.trim() !== '');
  const cells = (line: string) => [...line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)].map(([, quoted, plain]) => (quoted?.replaceAll('""', '"') ?? plain ?? '').trim());
  const names = cells(head).map((name) => name.toLowerCase());
  return lines.map((line) => {
    const row = Object.fromEntries(cells(line).map((cell, at) => [names[at] ?? '', cell]));
    const channels = ['r', 'g', 'b'].map((name) => row[name]);
    const color = row['color'] || (channels.every(Boolean) ? channels.map(Number) : undefined);
    return { identifier: row['identifier'] ?? row['name'] ?? row['label'], ...(color === undefined ? {} : { color }), ...(row['index'] ? { index: Number(row['index']) } : {}) };
  });
}
