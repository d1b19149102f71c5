import { InputError, type RunAnalytic } from '../analytic.ts';
import { readJson } from '../json-input.ts';
import { writeJson } from '../json-output.ts';
import { barPlot, heatPlot, histogramPlot, scatterPlot } from '../plots/charts.ts';
import { writePlot } from '../plots/write-plot.ts';
import { datasetFacts, gatherStatistics, spreadOf } from './statistics.ts';

const run: RunAnalytic = async (task) => {
  const file = task.inputs.items?.[0];
  if (file === undefined) throw new InputError('input items: a JSON file is needed');
  const facts = await readJson(file, datasetFacts);
  task.progress(0.4, 'counting');
  const stats = gatherStatistics(facts.items);
  const { sizes, bytes, durations, perItem, objectSizes, places, ...counts } = stats;
  const figures = {
    ...counts,
    width: spreadOf(sizes.map(([width]) => width)),
    height: spreadOf(sizes.map(([, height]) => height)),
    aspect: spreadOf(sizes.map(([width, height]) => width / height)),
    bytes: spreadOf(bytes),
    durationSeconds: spreadOf(durations),
    annotationsPerItem: spreadOf(perItem),
    objectSize: spreadOf(objectSizes),
    places,
  };
  const labels: [string, number][] = stats.labels.map(({ label, annotations }) => [label, annotations]);
  // A plot of a million points would be a file of a hundred megabytes.
  const shown = sizes.length > 5_000 ? sizes.filter((_, i) => i % Math.ceil(sizes.length / 5_000) === 0) : sizes;
  const { balance } = stats;
  return {
    files: [
      await writeJson(task, 'stats', 'stats.json', figures),
      await writePlot(
        task,
        'labels',
        'labels.svg',
        barPlot(labels, { title: `Annotations per label${balance === null ? '' : ` (balance ${balance})`}` }),
      ),
      await writePlot(
        task,
        'sizes',
        'sizes.svg',
        scatterPlot(shown, { title: 'Sizes of the items', x: 'width, px', y: 'height, px' }),
      ),
      await writePlot(
        task,
        'bytes',
        'bytes.svg',
        histogramPlot(
          bytes.map((value) => value / 1e6),
          { title: 'File sizes', x: 'MB', y: 'items' },
        ),
      ),
      await writePlot(
        task,
        'objects',
        'objects.svg',
        histogramPlot(
          perItem,
          { title: 'Annotations per item', x: 'annotations', y: 'items' },
          Math.min(30, Math.max(1, ...perItem.slice(0, 100_000)) + 1),
        ),
      ),
      await writePlot(
        task,
        'object_sizes',
        'object-sizes.svg',
        histogramPlot(objectSizes, {
          title: 'Sizes of objects',
          x: 'square root of the share of the picture',
          y: 'objects',
        }),
      ),
      await writePlot(task, 'places', 'places.svg', heatPlot(places, { title: 'Centres of objects' })),
    ],
    summary: {
      items: stats.items,
      annotatedItems: stats.annotatedItems,
      annotations: stats.annotations,
      labels: stats.labels.length,
      balance,
    },
  };
};
export default run;
