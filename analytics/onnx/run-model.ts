import { availableParallelism } from 'node:os';
import { InputError, type AnalyticResult, type AnalyticTask, type InputFile, type OutputLabels } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { writeJson } from '../json-output.ts';
import { openAnnotator } from './annotate.ts';
import type { OnnxSpec } from './spec.ts';

/** A registered model: where it lies and what it means. */
export interface ModelRun {
  modelPath: string;
  spec: OnnxSpec;
  /** Names in the analytic's manifest. */
  input: string;
  labelsOutput: string;
  jsonOutput?: string;
}

/** Pictures at once: while one is with the model, as many as there are cores are read; more would only take memory. */
const lanes = Math.min(4, availableParallelism() + 1);

/** Runs a model over the images of a task. Reading pictures overlaps with inference; the model itself uses all cores. */
export async function runModel(
  task: AnalyticTask,
  { modelPath, spec, input, labelsOutput, jsonOutput }: ModelRun,
): Promise<AnalyticResult> {
  const images = task.inputs[input] ?? [];
  if (images.length === 0) throw new InputError(`input ${input}: at least one image is needed`);
  const annotator = await openAnnotator(modelPath, spec);
  const found = new Map<InputFile, OutputLabels>();
  try {
    const each = { concurrency: lanes, signal: task.signal, progress: task.progress.bind(task) };
    const failures = await eachInput(images, each, async (image) => {
      found.set(image, { output: labelsOutput, from: image, annotations: await annotator.annotate(image.path) });
    });
    throwIfAllFailed(images, failures);
    const labels = images.flatMap((image) => found.get(image) ?? []);
    const counts: Record<string, number> = {};
    for (const { label } of labels.flatMap(({ annotations }) => annotations)) counts[label] = (counts[label] ?? 0) + 1;
    const report = labels.map(({ from, annotations }) => ({ name: from.name, itemId: from.itemId, annotations }));
    const files = jsonOutput === undefined ? [] : [await writeJson(task, jsonOutput, 'annotations.json', report)];
    // What lies at a place somebody waits for: it stands in the job itself.
    const isAsked = spec.task === 'segmentation' && spec.point !== undefined;
    const shapes = isAsked ? { shapes: labels.flatMap(({ annotations }) => annotations) } : {};
    return { files, labels, failures, summary: { images: labels.length, annotations: counts, ...shapes } };
  } finally {
    await annotator.close();
  }
}
