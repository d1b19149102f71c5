import type { AnalyticResult, InputFile } from '@fovea/analytics/analytic.ts';
import { builtinAnalytics } from '@fovea/analytics/registry.ts';
import type { AnalyticManifest } from '@fovea/contract';
import { RunnerError, type Runner, type RunRequest } from './runner.ts';

type OnnxRuntime = Extract<AnalyticManifest['runtime'], { kind: 'onnx' }>;

/** What stands before and behind the model, by the manifest; a parameter of the same name goes before. */
export function onnxSpec({ kind: _kind, model: _model, labelsFile: _labels, ...spec }: OnnxRuntime, parameters: Record<string, unknown> = {}): Record<string, unknown> {
  return { ...spec, ...parameters };
}

/**
 * Runs an uploaded ONNX model: the built-in analytic of its task, in the threads of the built-in runner, with the model and its
 * description put in by the manifest. The names of inputs and outputs are those of the manifest.
 */
export function onnxRunner(builtin: Runner): Runner {
  return {
    async run(request) {
      const { runtime } = request.manifest;
      if (runtime.kind !== 'onnx') throw new RunnerError(`The ONNX runner was given an analytic of the kind "${runtime.kind}".`);
      const analytic = builtinAnalytics.findLast(({ manifest }) => manifest.name === `fovea/onnx-${runtime.task}`);
      if (!analytic) throw new RunnerError(`The program has no built-in analytic for the task "${runtime.task}".`);
      const file = (path: string, mediaType: string): InputFile => {
        const found = request.files[path];
        if (found === undefined) throw new RunnerError(`The file ${path} of the analytic is not there.`);
        return { name: path.split('/').at(-1) ?? path, path: found, mediaType };
      };
      const parameters = {
        model: file(runtime.model, 'application/octet-stream'),
        ...(runtime.labelsFile === undefined ? {} : { labels_file: file(runtime.labelsFile, 'text/plain') }),
        spec: onnxSpec(runtime, request.task.parameters),
      };
      const images = Object.values(request.task.inputs).flat();
      const result = await builtin.run({ ...request, manifest: analytic.manifest, task: { ...request.task, inputs: { images }, parameters } });
      return renamed(result, request);
    },
    // The threads belong to the built-in runner.
    close: async () => undefined,
  };
}

/** The result under the output names of the manifest; a report that it does not name is left out. */
function renamed(result: AnalyticResult, { manifest }: RunRequest): AnalyticResult {
  const labels = manifest.outputs.find((output) => output.type === 'labels');
  const report = manifest.outputs.find((output) => output.type === 'json');
  return {
    ...result,
    files: report ? result.files.map((file) => ({ ...file, output: report.name, name: report.filename ?? file.name })) : [],
    labels: (result.labels ?? []).map((found) => ({ ...found, output: labels?.name ?? found.output })),
  };
}
