import { InputError, type RunAnalytic } from '../analytic.ts';
import { readJson } from '../json-input.ts';
import { writeJson } from '../json-output.ts';
import { heatPlot, histogramPlot } from '../plots/charts.ts';
import { writePlot } from '../plots/write-plot.ts';
import { agreementFacts, measureAgreement, type AgreementReport } from './measure-agreement.ts';

const run: RunAnalytic = async (task) => {
  const file = task.inputs.answers?.[0];
  if (file === undefined) throw new InputError('input answers: a JSON file is needed');
  const facts = await readJson(file, agreementFacts);
  const reference =
    typeof task.parameters.reference === 'string' && task.parameters.reference !== ''
      ? task.parameters.reference
      : null;
  const report = measureAgreement(facts.items, {
    threshold: Number(task.parameters.threshold ?? 0.5),
    pointDistancePx: Number(task.parameters.point_distance ?? 10),
    reference,
  });
  if (reference !== null && !report.people.some(({ by }) => by === reference))
    throw new InputError(`parameter reference: nobody called ${reference} answered`);
  const scores = report.items.flatMap(({ agreement }) => (agreement === null ? [] : [agreement]));
  return {
    files: [
      await writeJson(task, 'report', 'agreement.json', report),
      await writePlot(task, 'people', 'people.svg', peoplePlot(report)),
      await writePlot(
        task,
        'items',
        'items.svg',
        histogramPlot(scores, { title: 'Agreement per item', x: 'agreement', y: 'items' }, 20),
      ),
      await writePlot(task, 'confusion', 'confusion.svg', confusionPlot(report)),
    ],
    summary: { items: report.items.length, people: report.people.length, ...report.overall, alpha: report.alpha },
  };
};
export default run;

function peoplePlot(report: AgreementReport): string {
  const names = report.people.map(({ by }) => by).slice(0, 40);
  const table = names.map((a) =>
    names.map((b) =>
      a === b
        ? 1
        : (report.pairs.find((pair) => (pair.a === a && pair.b === b) || (pair.a === b && pair.b === a))?.agreement ??
          0),
    ),
  );
  return heatPlot(table, { title: 'Agreement of pairs of people' }, { rows: names, columns: names });
}

function confusionPlot({ confusion }: AgreementReport): string {
  const labels = confusion.labels.slice(0, 40);
  return heatPlot(
    confusion.counts.slice(0, 40).map((row) => row.slice(0, 40)),
    { title: 'Labels given to the same objects' },
    { rows: labels, columns: labels },
  );
}
