import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InputError, type AnalyticTask, type InputFile, type OutputFile, type RunAnalytic } from '../analytic.ts';
import { defaultMotionOptions, findTracks, type MotionOptions, type MotionResult } from './find-tracks.ts';
import { etaVideoLabels } from './track-content.ts';

const run: RunAnalytic = async (task) => {
  const video = task.inputs.video?.[0];
  if (video === undefined) throw new InputError('input video: a video is needed');
  const { result, file } = await trackVideo(task, video, readOptions(task.parameters));
  return {
    files: [file],
    labels: [{ output: 'tracks', from: video, annotations: result.tracks }],
    summary: summarise(result),
  };
};
export default run;

function readOptions(parameters: Record<string, unknown>): MotionOptions {
  const number = (name: string, value: number) => (parameters[name] === undefined ? value : Number(parameters[name]));
  return {
    ...defaultMotionOptions,
    accel: Math.max(1, Math.round(number('accel', 1))),
    sensitivity: number('sensitivity', defaultMotionOptions.sensitivity),
    minArea: number('min_area', defaultMotionOptions.minArea),
    minTravel: number('min_travel', defaultMotionOptions.minTravel),
    maxMissed: number('max_missed', defaultMotionOptions.maxMissed),
    suppressShadows: parameters.suppress_shadows === true,
    stabilize: parameters.stabilize !== false,
    label:
      typeof parameters.label === 'string' && parameters.label !== '' ? parameters.label : defaultMotionOptions.label,
  };
}

/** Tracks one video and writes `labels.json`; also what other analytics built on motion do. */
export async function trackVideo(
  task: AnalyticTask,
  video: InputFile,
  options: MotionOptions,
): Promise<{ result: MotionResult; file: OutputFile }> {
  const result = await findTracks(video.path, options, {
    signal: task.signal,
    progress: (fraction) => task.progress(fraction, 'tracking'),
  });
  task.log(`${result.framesSeen} frames looked at, ${result.tracks.length} tracks`);
  if (result.sceneChanges > 0)
    task.log(`the whole picture changed ${result.sceneChanges} times: the camera moves fast, or there are cuts`);
  const path = join(task.outputDir, 'labels.json');
  await writeFile(path, JSON.stringify(etaVideoLabels(result.tracks, result.video)));
  return { result, file: { output: 'labels', path, name: 'labels.json', mediaType: 'application/json', from: video } };
}

export function summarise(result: MotionResult): Record<string, unknown> {
  const { video, framesSeen, tracks, sceneChanges, movingScenes } = result;
  const lengths = tracks.map(({ frame, endFrame }) => (endFrame ?? 0) - (frame ?? 0) + 1);
  return {
    tracks: tracks.length,
    framesSeen,
    sceneChanges,
    movingScenes,
    width: video.width,
    height: video.height,
    framesPerSecond: video.framesPerSecond,
    longestTrackFrames: Math.max(0, ...lengths),
  };
}
