import type { AnnotationContent } from '@fovea/contract';
import { InputError, type InputFile, type OutputLabels, type RunAnalytic } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { loadPixels } from '../imaging/load.ts';
import { writeJson } from '../json-output.ts';
import { histogramPlot } from '../plots/charts.ts';
import { writePlot } from '../plots/write-plot.ts';
import { measureQuality, type QualityFigures } from './measure.ts';

/** Longer side at which images are measured, so that figures of different sizes can be compared. */
const measureSide = 1_024;

const run: RunAnalytic = async (task) => {
  const images = task.inputs.images ?? [];
  if (images.length === 0) throw new InputError('input images: at least one image is needed');
  const figures = new Map<InputFile, QualityFigures>();
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(images, each, async (image) => {
    figures.set(image, measureQuality(await loadPixels(image.path, measureSide)));
  });
  throwIfAllFailed(images, failures);
  const list = images.flatMap((image) => {
    const own = figures.get(image);
    return own === undefined ? [] : [{ image, own, findings: findFaults(own, task.parameters) }];
  });
  const report = list.map(({ image, own, findings }) => ({
    name: image.name,
    itemId: image.itemId,
    ...rounded(own),
    findings: findings.map(({ label }) => label),
  }));
  const counts: Record<string, number> = {};
  for (const { label } of list.flatMap(({ findings }) => findings)) counts[label] = (counts[label] ?? 0) + 1;
  const plot = histogramPlot(
    list.map(({ own }) => Math.log10(1 + own.sharpness)),
    { title: 'Sharpness of the images', x: 'log10(1 + variance of the Laplacian)', y: 'images' },
  );
  return {
    files: [
      await writeJson(task, 'quality', 'quality.json', report),
      await writePlot(task, 'sharpness', 'sharpness.svg', plot),
    ],
    labels: list.map(({ image, findings }): OutputLabels => ({
      output: 'findings',
      from: image,
      annotations: findings,
    })),
    failures,
    summary: { images: list.length, findings: counts },
  };
};
export default run;

function findFaults(own: QualityFigures, parameters: Record<string, unknown>): AnnotationContent[] {
  const limit = (name: string, value: number) => Number(parameters[name] ?? value);
  const faults: [label: string, value: number, found: boolean][] = [
    ['blurred', own.sharpness, own.sharpness < limit('min_sharpness', 60)],
    ['noisy', own.noise, own.noise > limit('max_noise', 9)],
    ['flat', own.contrast, own.contrast < limit('min_contrast', 18)],
    ['dark', own.mean, own.mean < limit('dark_mean', 50)],
    ['bright', own.mean, own.mean > limit('bright_mean', 215)],
  ];
  return faults.flatMap(([label, value, found]) => (found ? [classification(label, value)] : []));
}

function classification(label: string, value: number): AnnotationContent {
  return {
    type: 'classification',
    label,
    geometry: { type: 'classification' },
    attributes: { value: Math.round(value * 100) / 100 },
    frame: null,
    endFrame: null,
    confidence: null,
    source: 'model',
  };
}

function rounded(own: QualityFigures): QualityFigures {
  return Object.fromEntries(
    Object.entries(own).map(([name, value]) => [name, Math.round((value as number) * 1_000) / 1_000]),
  ) as unknown as QualityFigures;
}
