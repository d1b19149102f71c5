import type { FastifyRequest } from 'fastify';
import { newId, toObjectId, type Item } from '@fovea/contract';
import { BlobError } from '../../engines/blobs/blobs.ts';
import { Fault } from '../../fault.ts';
import { readMultipart } from '../../http/multipart.ts';
import { parseJson } from '../../http/body.ts';
import type { Caller } from '../../identity/caller.ts';
import { modeOf, origin, type ScaleDeps } from './context.ts';
import { badParameter } from './errors.ts';
import { fileAddress } from './preparation.ts';
import { nameOf, type ScaleProjects } from './projects.ts';
import type { Json } from '../../labeling/task-types/work.ts';
import { importBody, isHttpUrl, metadataBody, parse } from './wire.ts';

const maxFileBytes = 80 * 1024 * 1024;
const partLimits = { maxFiles: 1, maxFileBytes: maxFileBytes + 1, maxFields: 20, maxFieldBytes: 64 * 1024 };

interface FileWords {
  project_name?: string | undefined;
  display_name?: string | undefined;
  reference_id?: string | undefined;
  metadata?: unknown;
}

/** Uploaded and imported files: items of the dataset "files" of their project. */
export function scaleFiles({ rooms, engines }: ScaleDeps, projects: ScaleProjects) {
  async function datasetFor(caller: Caller, projectId: string) {
    const wanted = { project: projectId, name: 'files', description: 'Files that were uploaded for tasks.', metadata: {}, itemDays: null };
    return rooms.items.authorizeUpload(caller, (await rooms.datasets.ensure(caller, wanted)).id);
  }

  async function keep(caller: Caller, words: FileWords, file: { name: string; blob: { sha256: string; size: number } }): Promise<Json> {
    const project = words.project_name === undefined ? undefined : await projects.get(caller, words.project_name);
    const dataset = await datasetFor(caller, project?.id ?? (await projects.ofNone(caller)));
    const reference = words.reference_id === undefined ? {} : { externalId: `${modeOf(caller)}:${words.reference_id}` };
    const metadata = metadataOf(words.metadata);
    const path = `/${newId()}/${fileName(words.display_name ?? file.name)}`;
    const { item } = await rooms.items.adopt(caller, dataset, { path, rule: 'error', blob: file.blob, metadata, origin, ...reference }).catch((error: unknown) => {
      if (error instanceof Fault && error.code === 'conflict') throw new Fault('conflict', `The reference_id ("${words.reference_id}") is already used for a different file.`);
      throw error;
    });
    return showFile(caller, item, project ? [nameOf(project)] : []);
  }

  return {
    /** Reads a multipart upload: text parts in any order about one file, whose type is told by its bytes. */
    async upload(caller: Caller, request: FastifyRequest): Promise<Json> {
      const words: Record<string, string> = {};
      let file: { name: string; blob: { sha256: string; size: number } } | undefined;
      await readMultipart(request, partLimits, {
        async file({ field, filename, stream }) {
          if (field !== 'file') return void stream.resume();
          const blob = await engines.blobs.put(stream, { maxBytes: maxFileBytes }).catch(tooLarge);
          file = { name: filename === '' ? 'file' : filename, blob };
        },
        field: (name, value) => void (words[name] = value),
      });
      if (!file) throw badParameter('file', 'is required');
      return keep(caller, words, file);
    },

    /** Has the server fetch the file from its address. */
    async import(caller: Caller, given: unknown): Promise<Json> {
      const { file_url: url, ...words } = parse(importBody, given);
      if (!isHttpUrl(url)) throw badParameter('file_url', 'must be an http(s) URL');
      const project = words.project_name === undefined ? undefined : await projects.get(caller, words.project_name);
      const place = { orgId: caller.orgId, projectId: project?.id ?? (await projects.ofNone(caller)) };
      const result = await rooms.attachments.fetch(place, url, AbortSignal.timeout(120_000));
      if ('failure' in result) throw badParameter('file_url', `could not be downloaded: ${result.failure.message}`);
      const { item } = result;
      return keep(caller, words, { name: item.name, blob: { sha256: item.sha256, size: item.sizeBytes } });
    },
  };
}

function showFile(caller: Caller, item: Item, projectNames: string[]): Json {
  return {
    id: toObjectId(item.id),
    attachment_url: fileAddress(caller.orgId, item.id),
    mime_type: item.mediaType,
    size: item.sizeBytes,
    project_names: projectNames,
    created_at: item.createdAt,
    updated_at: item.updatedAt,
  };
}

/** The metadata of a file, as an object or as JSON text. */
function metadataOf(given: unknown): Json {
  if (given === undefined || given === '') return {};
  const value = typeof given === 'string' ? parseJson(Buffer.from(given)) : given;
  const result = metadataBody.safeParse(value);
  if (!result.success) throw badParameter('metadata', 'must be a JSON object of at most 10 KB');
  return result.data;
}

function fileName(name: string): string {
  const last = name.split(/[/\\]/).at(-1) ?? '';
  const clean = last.replace(/[\u0000-\u001f\u007f]/g, '_').slice(0, 120);
  return clean === '' || clean === '.' || clean === '..' ? 'file' : clean;
}

function tooLarge(error: unknown): never {
  if (error instanceof BlobError && error.code === 'too_large') throw badParameter('file', 'must have at most 80 MB');
  throw error;
}
