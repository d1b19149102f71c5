import { InputError, type InputFile, type RunAnalytic } from '../analytic.ts';
import { eachInput, throwIfAllFailed } from '../batch.ts';
import { loadPixels } from '../imaging/load.ts';
import { writeJson } from '../json-output.ts';
import { palettePlot } from '../plots/charts.ts';
import { writePlot } from '../plots/write-plot.ts';
import { findPalette, type PaletteColour } from './palette.ts';

/** Palettes settle with some ten thousand pixels. */
const sampleSide = 160;

const run: RunAnalytic = async (task) => {
  const images = task.inputs.images ?? [];
  if (images.length === 0) throw new InputError('input images: at least one image is needed');
  const count = Number(task.parameters.count ?? 6);
  const palettes = new Map<InputFile, PaletteColour[]>();
  const each = { concurrency: 2, signal: task.signal, progress: task.progress.bind(task) };
  const failures = await eachInput(images, each, async (image) => {
    palettes.set(image, findPalette(await loadPixels(image.path, sampleSide), count));
  });
  throwIfAllFailed(images, failures);
  const list = images.flatMap((image) => {
    const colours = palettes.get(image);
    return colours === undefined ? [] : [{ name: image.name, itemId: image.itemId, colours }];
  });
  return {
    files: [
      await writeJson(task, 'palettes', 'palettes.json', list),
      await writePlot(task, 'swatches', 'palettes.svg', palettePlot(list, { title: 'Main colours' })),
    ],
    failures,
    summary: { images: list.length },
  };
};
export default run;
