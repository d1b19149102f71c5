// The runners that work in the platform's own threads: built-in analytics, and ONNX models.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxFile } from '@fovea/analytics/test-support/onnx-file.ts';
import sharp from 'sharp';
import { builtinRunner } from './builtin.ts';
import { onnxRunner } from './onnx.ts';
import { runnerSuite } from './runner.suite.ts';

runnerSuite(
  'built-in analytics',
  async () => {
    const runner = builtinRunner({ registry: new URL('./behaviours.fixture.ts', import.meta.url).href });
    return { runner, analytic: (behaviour) => ({ runtime: { kind: 'builtin', module: behaviour }, manifest: { name: `behaves/${behaviour.toLowerCase()}` } }), close: () => runner.close() };
  },
  // The platform's own code is not kept from anything; what it gives is looked at where it is taken.
  { cannot: ['halfJson', 'noOutput', 'forks', 'breeds', 'bomb', 'roars', 'fills', 'outside', 'link'] },
);

/** Scores of red, green and blue by the mean colour of a picture. */
const model = onnxFile({
  inputs: { image: [1, 3, 8, 8] },
  outputs: { scores: [1, 3] },
  constants: { weights: { dims: [3, 3, 1, 1], values: [8, -8, -8, -8, 8, -8, -8, -8, 8] } },
  nodes: [
    { op: 'Conv', inputs: ['image', 'weights'], outputs: ['maps'], ints: { kernel_shape: [1, 1] } },
    { op: 'GlobalAveragePool', inputs: ['maps'], outputs: ['means'] },
    { op: 'Flatten', inputs: ['means'], outputs: ['scores'] },
  ],
}).toString('latin1');

runnerSuite(
  'ONNX models',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fovea-onnx-'));
    const picture = join(folder, 'green.png');
    writeFileSync(picture, await sharp({ create: { width: 20, height: 20, channels: 3, background: '#00ff00' } }).png().toBuffer());
    const words = join(folder, 'words.png');
    writeFileSync(words, 'no picture');
    const builtin = builtinRunner();
    const image = (path: string) => ({ name: 'green.png', path, mediaType: 'image/png', itemId: '0190f0a0-0000-7000-8000-000000000001' });
    return {
      runner: onnxRunner(builtin),
      analytic: (behaviour) => ({
        runtime: { kind: 'onnx', model: 'model.onnx', labelsFile: 'labels.txt', task: 'classification', input: { width: 8, height: 8 } },
        files: { 'model.onnx': behaviour === 'noOutput' ? 'PK no model' : model, 'labels.txt': 'red\ngreen\nblue\n' },
        manifest: { inputs: [{ name: 'pictures', description: '', media: ['image'], many: true, required: true }] },
        inputs: { pictures: behaviour === 'progress' ? [image(picture), image(picture)] : [image(behaviour === 'userFault' ? words : picture)] },
        expected: [{ annotations: [{ type: 'classification', label: 'green' }] }],
      }),
      close: async () => {
        await builtin.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  },
  // A model computes, and does nothing else.
  { cannot: ['logs', 'fault', 'endless', 'halfJson', 'noOutput', 'flood', 'forks', 'breeds', 'bomb', 'roars', 'fills', 'outside', 'link'] },
);
