import { InputError, type RunAnalytic } from '../analytic.ts';
import { defaultMotionOptions } from '../motion-tracks/find-tracks.ts';
import { summarise, trackVideo } from '../motion-tracks/run.ts';

/** The code of one version: they differ in the size of the pictures that are looked at. */
export function vehicleSense(analysisSide: number): RunAnalytic {
  return async (task) => {
    const video = task.inputs.video?.[0];
    if (video === undefined) throw new InputError('input video: a video is needed');
    const accel = Number(task.parameters.accel ?? 1);
    if (!Number.isFinite(accel) || accel < 1) throw new InputError('parameter accel: must be a number of at least 1');
    const { result, file } = await trackVideo(task, video, {
      ...defaultMotionOptions,
      analysisSide,
      accel: Math.round(accel),
    });
    return { files: [file], summary: summarise(result) };
  };
}

export default vehicleSense(320);
