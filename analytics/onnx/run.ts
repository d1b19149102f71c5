import { readFile } from 'node:fs/promises';
import { InputError, type AnalyticTask, type InputFile, type RunAnalytic } from '../analytic.ts';
import { runModel } from './run-model.ts';
import { onnxSpec, type OnnxSpec } from './spec.ts';

/** The built-in analytic of one task: model, labels and spec come as parameters. */
export function onnxAnalytic(kind: OnnxSpec['task']): RunAnalytic {
  return async (task) => {
    const model = task.parameters.model as InputFile | undefined;
    if (model === undefined) throw new InputError('parameter model: an ONNX file is needed');
    const spec = await readSpec(task, kind);
    return runModel(task, {
      modelPath: model.path,
      spec,
      input: 'images',
      labelsOutput: 'annotations',
      jsonOutput: 'report',
    });
  };
}

export default onnxAnalytic('classification');

async function readSpec(task: AnalyticTask, kind: OnnxSpec['task']): Promise<OnnxSpec> {
  const given = (task.parameters.spec ?? {}) as Record<string, unknown>;
  const file = task.parameters.labels_file as InputFile | undefined;
  const listed = (task.parameters.labels ?? []) as unknown[];
  const labels = file === undefined ? (listed.length > 0 ? listed : given.labels) : await readLabels(file);
  return parseSpec({ ...given, task: kind, ...(labels === undefined ? {} : { labels }) });
}

/** A label per line; empty lines at the end are none. */
async function readLabels(file: InputFile): Promise<string[]> {
  const text = await readFile(file.path, 'utf8');
  return text
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.trim());
}

/** Checks a spec. Throws InputError that names the field. */
export function parseSpec(value: unknown): OnnxSpec {
  const parsed = onnxSpec.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new InputError(`the model's spec: ${issue?.path.join('.') ?? ''} ${issue?.message ?? 'is not valid'}`);
}
