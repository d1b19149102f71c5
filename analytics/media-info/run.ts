import { InputError, type RunAnalytic } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { writeJson } from '../json-output.ts';
import { describeFile } from './describe.ts';

const run: RunAnalytic = async (task) => {
  const files = task.inputs.files ?? [];
  if (files.length === 0) throw new InputError('input files: at least one file is needed');
  const options = { countFrames: task.parameters.count_frames !== false, signal: task.signal };
  const facts = new Map<unknown, Record<string, unknown>>();
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(files, each, async (file) => {
    facts.set(file, await describeFile(file, options));
  });
  throwIfAllFailed(files, failures);
  const list = files.flatMap((file): Record<string, unknown>[] => {
    const fact = facts.get(file);
    return fact === undefined ? [] : [fact];
  });
  const kinds: Record<string, number> = {};
  for (const { kind } of list) kinds[String(kind)] = (kinds[String(kind)] ?? 0) + 1;
  const bytes = list.reduce((sum, fact) => sum + Number(fact.bytes), 0);
  return {
    files: [await writeJson(task, 'info', 'media-info.json', list)],
    failures,
    summary: { files: list.length, bytes, kinds },
  };
};
export default run;
