import { Figures } from '../../ui/figures.tsx';
import { DataTable } from '../../ui/data-table.tsx';
import { TextLink } from '../../ui/link.tsx';
import { Moment } from '../../ui/moment.tsx';
import { homeTexts } from '../../texts-home.ts';
import { qualityTexts as t } from '../../texts-quality.ts';
import { workTexts } from '../../texts-work.ts';
import { PeoplePlots } from '../workflow/batch-plots.tsx';
import { Card, Heat } from '../workflow/parts.tsx';
import classes from './quality.module.css';
import { TimePlot } from './time-plot.tsx';
import { acceptedShare, byPair, byPerson, confusionOf, knownScore, weightedMean, type BatchReport, type PersonTotal } from './totals.ts';

const { percent } = workTexts;
const { duration } = homeTexts.myWork;
const q = workTexts.quality;
const score = (value: number | null) => (value === null ? '–' : value.toFixed(2));
/** More would not be read. */
const [mostLabels, mostPairs] = [12, 20];

/** What the reports of several batches say together. */
export function ProjectReport({ read }: { read: readonly BatchReport[] }) {
  const reports = read.map(({ report }) => report);
  const people = byPerson(reports);
  return (
    <>
      <Totals read={read} people={people} />
      <Card title={t.overTime}>
        <OverTime read={read} />
      </Card>
      <section className={classes['part']} aria-labelledby="quality-people">
        <h2 id="quality-people">{t.perPerson}</h2>
        <People people={people} />
        {people.length > 0 && <PeoplePlots people={people} />}
      </section>
      <section className={classes['part']} aria-labelledby="quality-batches">
        <h2 id="quality-batches">{t.perBatch}</h2>
        <Batches read={read} />
      </section>
      <Confusion read={read} />
      <Pairs read={read} />
    </>
  );
}

function Totals({ read, people }: { read: readonly BatchReport[]; people: readonly PersonTotal[] }) {
  const agreement = weightedMean(read.map(({ report }) => ({ value: report.overall.agreement, weight: report.itemCount })));
  const sum = (of: (person: PersonTotal) => number) => people.reduce((total, person) => total + of(person), 0).toLocaleString('en');
  return (
    <Figures
      figures={[
        { name: t.figures.people, value: people.length.toLocaleString('en') },
        { name: t.figures.tasks, value: sum(({ tasks }) => tasks) },
        { name: t.figures.labels, value: sum(({ annotations }) => annotations) },
        { name: t.figures.agreement, value: percent(agreement) },
        { name: t.figures.accepted, value: percent(acceptedShare({ people })) },
        { name: t.figures.known, value: score(knownScore({ people })) },
      ]}
    />
  );
}

/** When the work of a batch was done. */
const timeOf = ({ batch }: BatchReport): number => Date.parse(batch.completedAt ?? batch.updatedAt);

function OverTime({ read }: { read: readonly BatchReport[] }) {
  const points = read.map((one) => ({ name: one.batch.name, at: timeOf(one), ...one.report.overall, accepted: acceptedShare(one.report), f1: knownScore(one.report) }));
  const isEmpty = points.every(({ agreement, accepted, f1 }) => agreement === null && accepted === null && f1 === null);
  return isEmpty ? <p>{t.noTime}</p> : <TimePlot points={points} />;
}

function People({ people }: { people: readonly PersonTotal[] }) {
  if (people.length === 0) return <p>{q.none}</p>;
  return (
    <DataTable
      rows={people}
      keyOf={({ by }) => by}
      minWidth={860}
      columns={[
        { head: q.person, main: true, cell: ({ by }) => by },
        { head: t.batches, align: 'right', cell: ({ batches }) => batches },
        { head: q.tasks, align: 'right', cell: ({ tasks }) => tasks.toLocaleString('en') },
        { head: q.labels, align: 'right', cell: ({ annotations }) => annotations.toLocaleString('en') },
        { head: q.time, align: 'right', cell: ({ secondsSpent }) => duration(secondsSpent) },
        { head: q.agreement, align: 'right', cell: ({ agreement }) => percent(agreement) },
        { head: q.review, align: 'right', cell: ({ accepted, rejected }) => `${accepted} / ${rejected}` },
        { head: q.known, align: 'right', cell: ({ honeypots }) => honeypots },
        { head: q.score, align: 'right', cell: ({ f1 }) => score(f1) },
        { head: t.iou, align: 'right', cell: ({ iou }) => percent(iou) },
      ]}
    />
  );
}

function Batches({ read }: { read: readonly BatchReport[] }) {
  return (
    <>
      <DataTable
        rows={read}
        keyOf={({ batch }) => batch.id}
        minWidth={860}
        columns={[
          {
            head: t.batch,
            main: true,
            cell: ({ batch }) => (
              <TextLink to="/batches/$batchId" params={{ batchId: batch.id }}>
                {batch.name}
              </TextLink>
            ),
          },
          { head: t.when, cell: (one) => <Moment at={new Date(timeOf(one)).toISOString()} /> },
          { head: q.tasks, align: 'right', cell: ({ batch }) => (batch.counts.completed + batch.counts.submitted).toLocaleString('en') },
          { head: t.compared, align: 'right', cell: ({ report }) => `${report.itemCount.toLocaleString('en')}${report.sampled ? ` (${t.sampled})` : ''}` },
          { head: q.agreement, align: 'right', cell: ({ report }) => percent(report.overall.agreement) },
          { head: t.interval, align: 'right', cell: ({ report: { overall } }) => (overall.low === null || overall.high === null ? '–' : `${percent(overall.low)} – ${percent(overall.high)}`) },
          { head: t.figures.accepted, align: 'right', cell: ({ report }) => percent(acceptedShare(report)) },
          { head: t.alpha, align: 'right', cell: ({ report }) => score(report.alpha.value) },
          { head: q.score, align: 'right', cell: ({ report }) => score(knownScore(report)) },
        ]}
      />
      <p className={classes['note']}>
        {t.alpha}: {t.alphaHint}
      </p>
    </>
  );
}

function Confusion({ read }: { read: readonly BatchReport[] }) {
  const { labels, counts } = confusionOf(read.map(({ report }) => report));
  if (labels.length === 0) return null;
  return (
    <section className={classes['part']} aria-labelledby="quality-confusion">
      <h2 id="quality-confusion">{t.confusion}</h2>
      <div className={classes['scroll']} tabIndex={0} role="group" aria-label={t.confusion}>
        <Heat labels={labels.slice(0, mostLabels)} counts={counts} />
      </div>
      <p className={classes['note']}>
        {t.confusionHint}. {labels.length > mostLabels && t.moreLabels(mostLabels)}
      </p>
    </section>
  );
}

function Pairs({ read }: { read: readonly BatchReport[] }) {
  const pairs = byPair(read.map(({ report }) => report)).slice(0, mostPairs);
  if (pairs.length === 0) return null;
  return (
    <section className={classes['part']} aria-labelledby="quality-pairs">
      <h2 id="quality-pairs">{t.pairs}</h2>
      <DataTable
        rows={pairs}
        keyOf={({ a, b }) => `${a} ${b}`}
        minWidth={680}
        columns={[
          { head: t.pair, main: true, cell: ({ a, b }) => `${a} · ${b}` },
          { head: t.compared, align: 'right', cell: ({ items }) => items.toLocaleString('en') },
          { head: q.agreement, align: 'right', cell: ({ agreement }) => percent(agreement) },
          { head: t.sameLabel, align: 'right', cell: ({ sameLabel }) => percent(sameLabel) },
          { head: t.kappa, align: 'right', cell: ({ kappa }) => score(kappa) },
        ]}
      />
    </section>
  );
}
