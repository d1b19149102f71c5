import type { Batch, QualityReport } from '@fovea/contract';
import { useQuery } from '@tanstack/react-query';
import { assignmentsQuery } from '../../api/work.ts';
import { completionsQuery } from '../../api/product.ts';
import { productTexts } from '../../texts-product.ts';
import { workTexts } from '../../texts-work.ts';
import { Bars, Legend } from '../../ui/bars.tsx';
import { formatWhen } from '../../ui/format.ts';
import { ProgressPlot } from '../../ui/progress-plot.tsx';
import { Card } from './parts.tsx';
import classes from './workflow.module.css';

const t = workTexts.plots;
const { duration } = productTexts.myWork;

/** How many tasks of a batch were done by when. */
export function BatchProgress({ batch }: { batch: Batch }) {
  const { completed, total, cancelled } = batch.counts;
  const { data: times = [] } = useQuery(completionsQuery(batch.projectId, batch.id, completed));
  if (times.length === 0) return null;
  const from = Date.parse(batch.createdAt);
  const to = batch.completedAt === null ? Math.max(Date.now(), ...times) : Date.parse(batch.completedAt);
  const goal = total - cancelled;
  return (
    <Card title={t.overTime}>
      <ProgressPlot times={times} total={goal} from={from} to={to} label={workTexts.batches.done(times.length, goal)} texts={{ from: formatWhen(batch.createdAt), to: formatWhen(new Date(to).toISOString()), total: t.rate(rateOf(times)) }} />
    </Card>
  );
}

/** Tasks an hour, from the first to the last that was done. */
function rateOf(times: readonly number[]): number | undefined {
  const hours = (Math.max(...times) - Math.min(...times)) / 3_600_000;
  return times.length < 2 || hours <= 0 ? undefined : (times.length - 1) / hours;
}

/** Who works on a batch, and how far each is with their share. */
export function Assignments({ batch }: { batch: Batch }) {
  const { data: assignments = [] } = useQuery(assignmentsQuery(batch.id));
  if (assignments.length === 0) return null;
  return (
    <Card title={t.shares}>
      <Bars
        label={t.shares}
        rows={assignments.map(({ email, completed, total, secondsSpent }) => ({
          label: email,
          text: `${completed} / ${total}, ${duration(secondsSpent)}`,
          parts: [
            { value: completed, tone: 'good', name: t.done },
            { value: total - completed, tone: 'plain', name: t.open },
          ],
        }))}
      />
    </Card>
  );
}

type Person = Pick<QualityReport['people'][number], 'by' | 'tasks' | 'accepted' | 'rejected' | 'agreement' | 'secondsSpent'>;

/** What each person did, and what review said to it. */
export function PeoplePlots({ people }: { people: readonly Person[] }) {
  const reviewed = people.some(({ accepted, rejected }) => accepted + rejected > 0);
  const agreed = people.some(({ agreement }) => agreement !== null);
  const timed = people.filter(({ tasks }) => tasks > 0);
  return (
    <div className={classes['columns']}>
      <Card title={t.tasksByPerson}>
        <Bars
          label={t.tasksByPerson}
          rows={people.map(({ by, tasks, accepted, rejected }) => ({
            label: by,
            text: String(tasks),
            parts: [
              { value: accepted, tone: 'good', name: t.accepted },
              { value: Math.min(rejected, tasks - accepted), tone: 'bad', name: t.rejected },
              { value: Math.max(0, tasks - accepted - rejected), tone: 'plain', name: t.notReviewed },
            ],
          }))}
        />
        {reviewed && (
          <Legend
            parts={[
              { tone: 'good', name: t.accepted },
              { tone: 'bad', name: t.rejected },
              { tone: 'plain', name: t.notReviewed },
            ]}
          />
        )}
      </Card>
      <Card title={t.timePerTask}>
        <Bars label={t.timePerTask} rows={timed.map(({ by, secondsSpent, tasks }) => ({ label: by, text: duration(secondsSpent / tasks), parts: [{ value: secondsSpent / tasks, tone: 'busy', name: t.timePerTask }] }))} />
      </Card>
      {agreed && (
        <Card title={t.agreementByPerson}>
          <Bars label={t.agreementByPerson} most={1} rows={people.flatMap(({ by, agreement }) => (agreement === null ? [] : [{ label: by, text: workTexts.percent(agreement), parts: [{ value: agreement, tone: 'review' as const, name: t.agreementByPerson }] }]))} />
        </Card>
      )}
    </div>
  );
}
