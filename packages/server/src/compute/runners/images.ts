import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { promisify } from 'node:util';
import type { ContainerEngine } from './container.ts';
import { RunnerError, type RunRequest } from './runner.ts';

const run = promisify(execFile);
/** The repository of images that came as files; nothing else is ever removed. */
const ownImages = 'localhost/fovea';
const digestDigits = 40;

/** The images of analytics on this machine: loaded when they are needed, removed when their analytic is gone. */
export class ImageStore {
  readonly #engine: ContainerEngine;
  readonly #loading = new Map<string, Promise<string>>();
  /** How many runs have an image at this moment. */
  readonly #used = new Map<string, number>();

  constructor(engine: ContainerEngine) {
    this.#engine = engine;
  }

  /** Runs something with the image of an analytic, which is not removed meanwhile. */
  async use<T>(request: RunRequest, work: (image: string) => Promise<T>): Promise<T> {
    const { runtime, name, version } = request.manifest;
    if (runtime.kind !== 'container') throw new RunnerError(`The container runner was given an analytic of the kind "${runtime.kind}".`);
    const path = (request.job.gpu ? runtime.gpuArchive : undefined) ?? runtime.archive ?? runtime.gpuArchive;
    if (path === undefined) {
      if (await has(this.#engine, runtime.image)) return work(runtime.image);
      throw new Error(`The image "${runtime.image}" is not on the machine where the job runs; pull it there, or upload it with the analytic ("archive").`);
    }
    const archive = request.files[path];
    if (archive === undefined) throw new RunnerError(`The file ${path} of the analytic ${name}@${version} is not there.`);
    // The blob's own name is its digest: equal bytes are loaded once.
    const tag = imageTag(await digestOf(archive));
    this.#count(tag, 1);
    try {
      return await work(await this.#provide(archive, tag));
    } finally {
      this.#count(tag, -1);
    }
  }

  /**
   * Removes images that came as files of analytics which are no longer there; gives their names. What a run or a container of anybody uses
   * stays, and one that is wanted after all is loaded again from its file.
   */
  async prune(wanted: (digests: readonly string[]) => Promise<ReadonlySet<string>>): Promise<string[]> {
    const digests = (await namesOf(this.#engine)).flatMap((name) => (name.startsWith(`${ownImages}:`) && name.length === ownImages.length + 1 + digestDigits ? [name.slice(-digestDigits)] : []));
    if (digests.length === 0) return [];
    const kept = await wanted(digests);
    const removed: string[] = [];
    for (const tag of digests.filter((digest) => !kept.has(digest)).map(imageTag)) {
      if ((this.#used.get(tag) ?? 0) > 0) continue;
      // Not by force: it is refused where a container has the image.
      if (await run(this.#engine.program, ['image', 'rm', tag]).then(() => true, () => false)) removed.push(tag);
    }
    return removed;
  }

  #provide(archive: string, tag: string): Promise<string> {
    const pending = this.#loading.get(tag) ?? loadImage(this.#engine, archive, tag).finally(() => this.#loading.delete(tag));
    this.#loading.set(tag, pending);
    return pending;
  }

  #count(tag: string, by: 1 | -1): void {
    const used = (this.#used.get(tag) ?? 0) + by;
    if (used > 0) this.#used.set(tag, used);
    else this.#used.delete(tag);
  }
}

/** What an image that came as a file is called here. */
export const imageTag = (sha256: string): string => `${ownImages}:${sha256.slice(0, digestDigits)}`;

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const part of createReadStream(path)) hash.update(part as Buffer);
  return hash.digest('hex');
}

const has = (engine: ContainerEngine, image: string): Promise<boolean> => run(engine.program, ['image', 'inspect', image]).then(() => true, () => false);

/** Loads what `podman save` or `docker save` wrote; a plain root folder becomes an image of its own. */
async function loadImage(engine: ContainerEngine, archive: string, tag: string): Promise<string> {
  if (await has(engine, tag)) return tag;
  const names = await run('tar', ['--list', '--auto-compress', '--file', archive], { maxBuffer: 256 * 1024 * 1024 }).catch((error: unknown) => {
    throw new Error(`The image of the analytic is no tar archive: ${String((error as { stderr?: string }).stderr ?? '').trim().slice(0, 300)}`, { cause: error });
  });
  const entries = new Set(names.stdout.split('\n').map((entry) => entry.replace(/^\.\//, '')));
  if (!entries.has('manifest.json') && !entries.has('index.json')) {
    await run(engine.program, ['import', archive, tag]).catch(refused);
    return tag;
  }
  const before = new Set(await namesOf(engine));
  const { stdout } = await run(engine.program, ['load', '--input', archive], { maxBuffer: 16 * 1024 * 1024 }).catch(refused);
  const loaded = /Loaded image(?:\(s\)| ID)?:\s*(\S+)/.exec(stdout)?.[1];
  if (loaded === undefined) throw new Error(`The image of the analytic was not loaded: ${stdout.trim().slice(0, 300)}`);
  await run(engine.program, ['tag', loaded, tag]).catch(refused);
  // The name that it was saved under is nobody's here, unless it was before; an image with names left is never removed.
  if ((await namesOf(engine)).includes(loaded) && !before.has(loaded)) await run(engine.program, ['image', 'rm', loaded]).catch(refused);
  return tag;
}

/** Every name that an image has here. */
async function namesOf(engine: ContainerEngine): Promise<string[]> {
  const { stdout } = await run(engine.program, ['images', '--format', '{{.Repository}}:{{.Tag}}'], { maxBuffer: 16 * 1024 * 1024 }).catch(refused);
  return stdout.split('\n').filter((name) => name !== '');
}

function refused(error: unknown): never {
  throw new Error(`The image of the analytic cannot be loaded: ${String((error as { stderr?: string }).stderr ?? error).trim().slice(-300)}`, { cause: error });
}
