import { access, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { analyticManifest, type AnalyticManifest } from '@fovea/contract';
import { describe, expect, it } from 'vitest';
import { InputError } from './analytic.ts';
import { builtinAnalytics } from './registry.ts';
import { makeScratch } from './test-support/scratch.ts';
import { tryAnalytic } from './try.ts';

/** Folders that hold what analytics share. */
const shared = new Set(['imaging', 'plots', 'test-support', 'video', 'node_modules']);
const here = import.meta.dirname;

type Parameter = AnalyticManifest['parameters'][number];

function faultsOf(parameter: Parameter): string[] {
  const {
    name,
    description,
    type,
    required,
    default: value,
    min = -Infinity,
    max = Infinity,
    choices = [],
  } = parameter;
  return [
    ...(description === '' ? [`${name} has no description`] : []),
    ...(type !== 'file' && !required && value === undefined ? [`${name} has no default`] : []),
    ...(type === 'choice' && !choices.includes(String(value)) ? [`${name} has a default that is no choice`] : []),
    ...(typeof value === 'number' && (value < min || value > max) ? [`${name} has a default out of range`] : []),
  ];
}

describe('the registry', () => {
  it.each(
    builtinAnalytics.map(({ manifest, load }) => [`${manifest.name}@${manifest.version}`, manifest, load] as const),
  )('has a whole %s', async (_, manifest, load) => {
    expect(analyticManifest.parse(manifest)).toEqual(manifest);
    expect(manifest.title).not.toBe('');
    expect(manifest.description.length).toBeGreaterThan(20);
    if (manifest.runtime.kind !== 'builtin') throw new Error('built-in analytics have the built-in runtime');
    await access(join(here, manifest.runtime.module, 'run.ts'));
    expect(await load()).toBeTypeOf('function');
    for (const list of [manifest.inputs, manifest.parameters, manifest.outputs]) {
      expect(new Set(list.map(({ name }) => name)).size).toBe(list.length);
    }
    expect(manifest.parameters.flatMap(faultsOf)).toEqual([]);
  });

  it('has every folder, and every folder has all parts', async () => {
    const entries = await readdir(here, { withFileTypes: true });
    const folders = entries.filter((entry) => entry.isDirectory() && !shared.has(entry.name)).map(({ name }) => name);
    const registered = new Set(
      builtinAnalytics.map(({ manifest }) => (manifest.runtime.kind === 'builtin' ? manifest.runtime.module : '')),
    );
    expect(folders.toSorted()).toEqual([...registered].toSorted());
    for (const folder of folders) {
      for (const part of ['manifest.ts', 'run.ts']) await access(join(here, folder, part));
      expect((await readdir(join(here, folder))).some((name) => name.endsWith('.test.ts'))).toBe(true);
      expect(((await import(`./${folder}/manifest.ts`)) as { manifest: unknown }).manifest).toBeDefined();
    }
  });

  it('lists versions of one name in ascending order', () => {
    const versions = builtinAnalytics
      .filter(({ manifest }) => manifest.name === 'voxel51/vehicle-sense')
      .map(({ manifest }) => manifest.version);
    expect(versions).toEqual(['0.1', '0.2']);
  });
});

describe('trying an analytic without a server', () => {
  it('runs one from a folder', async () => {
    const scratch = await makeScratch();
    const { outDir, folder } = { outDir: await scratch.folder(), folder: await scratch.folder() };
    await scratch.file(
      `${folder.slice(scratch.dir.length + 1)}/manifest.mjs`,
      "export const manifest = { name: 'me/count', version: '1', inputs: [{ name: 'text', media: ['text'] }], parameters: [{ name: 'factor', type: 'number', default: 1 }], outputs: [], runtime: { kind: 'builtin', module: 'count' } };",
    );
    await scratch.file(
      `${folder.slice(scratch.dir.length + 1)}/run.mjs`,
      "import { readFile } from 'node:fs/promises';\nexport default async (task) => ({ files: [], summary: { letters: (await readFile(task.inputs.text[0].path, 'utf8')).length * task.parameters.factor } });",
    );
    const text = await scratch.file('a.txt', 'four');
    const result = await tryAnalytic(folder, { inputs: { text }, parameters: { factor: '2.5' }, outDir });
    expect(result.summary).toEqual({ letters: 10 });
    await scratch.remove();
  });

  it.each([
    ['an unknown analytic', 'nothing-like-it', {}, {}, 'neither a built-in analytic nor a folder'],
    ['an unknown input', 'colors', { pictures: 'a.png' }, {}, 'fovea/colors has no input pictures; it has images'],
    ['a missing input', 'colors', {}, {}, 'input images is missing'],
    ['too many inputs', 'frames', { video: ['a', 'b'] }, {}, 'input video takes one file, not 2'],
    [
      'an unknown parameter',
      'colors',
      { images: 'a' },
      { colour: 1 },
      'fovea/colors has no parameter colour; it has count',
    ],
    ['text for a number', 'colors', { images: 'a' }, { count: 'many' }, 'parameter count must be a number, not "many"'],
    ['a broken number', 'colors', { images: 'a' }, { count: '2.5' }, 'parameter count must be a whole number'],
    ['a number out of range', 'colors', { images: 'a' }, { count: 99 }, 'parameter count must be at most 32'],
    [
      'another choice',
      'thumbnails',
      { files: 'a' },
      { format: 'bmp' },
      'parameter format must be one of webp, jpeg, png',
    ],
    ['half a JSON', 'frames', { video: 'a' }, { frames: '[1,' }, 'parameter frames must be a JSON array'],
    ['no flag', 'thumbnails', { files: 'a' }, { square: 'yes' }, 'parameter square must be true or false'],
    ['a missing parameter', 'onnx-detection', { images: 'a' }, {}, 'parameter model is missing'],
  ] as const)('names %s', async (_, name, inputs, parameters, message) => {
    const running = tryAnalytic(name, {
      inputs: inputs as Record<string, string | string[]>,
      parameters,
      outDir: '/tmp/fovea-never-made',
    });
    await expect(running).rejects.toThrow(InputError);
    await expect(running).rejects.toThrow(message);
  });
});
