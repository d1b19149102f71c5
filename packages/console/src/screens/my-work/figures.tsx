import type { Task } from '@fovea/contract';
import { homeTexts } from '../../texts-home.ts';
import { Bars } from '../../ui/bars.tsx';
import { Figures } from '../../ui/figures.tsx';
import { Card } from '../workflow/parts.tsx';
import classes from './my-work.module.css';

const t = homeTexts.myWork;
const dayMs = 86_400_000;
const days = 14;

export interface WorkFigures {
  handedIn: number;
  accepted: number;
  rejected: number;
  inReview: number;
  seconds: number;
  /** Tasks handed in on each of the last days, oldest first. */
  perDay: readonly { day: string; count: number }[];
}

/** Adds up what one person handed in. */
export function figuresOf(tasks: readonly Pick<Task, 'reviewStatus' | 'rounds' | 'secondsSpent' | 'submittedAt' | 'status'>[], nowMs: number = Date.now()): WorkFigures {
  const perDay = Array.from({ length: days }, (_, index) => {
    const day = localDay(nowMs - (days - 1 - index) * dayMs);
    return { day, count: tasks.filter(({ submittedAt }) => submittedAt !== null && localDay(Date.parse(submittedAt)) === day).length };
  });
  return {
    handedIn: tasks.length,
    accepted: tasks.filter(({ reviewStatus }) => reviewStatus === 'accepted' || reviewStatus === 'fixed').length,
    rejected: tasks.reduce((sum, { rounds }) => sum + rounds, 0),
    inReview: tasks.filter(({ status }) => status === 'submitted').length,
    seconds: tasks.reduce((sum, { secondsSpent }) => sum + secondsSpent, 0),
    perDay,
  };
}

/** A day in the reader's zone, `2026-01-31`. */
function localDay(timeMs: number): string {
  const date = new Date(timeMs);
  const two = (n: number) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** The figures, and how much was handed in on which day. */
export function MyFigures({ figures }: { figures: WorkFigures }) {
  const { handedIn, accepted, rejected, inReview, seconds, perDay } = figures;
  const reviewed = accepted + rejected;
  const shown: readonly (readonly [string, string])[] = [
    [t.handedIn, handedIn.toLocaleString('en')],
    [t.accepted, accepted.toLocaleString('en')],
    [t.rejected, rejected.toLocaleString('en')],
    [t.waitingReview, inReview.toLocaleString('en')],
    ...(reviewed === 0 ? [] : [[t.share, t.percent(accepted / reviewed)] as const]),
    [t.time, t.duration(seconds)],
    [t.perTask, t.duration(seconds / Math.max(1, handedIn))],
  ];
  return (
    <div className={classes['figures']}>
      <Figures figures={shown.map(([name, value]) => ({ name, value }))} isDense />
      <Card title={`${t.perDay}, ${t.lastDays}`}>
        <Bars label={t.perDay} rows={perDay.filter(({ count }, index) => count > 0 || index >= days - 3).map(({ day, count }) => ({ label: day, text: String(count), parts: [{ value: count, tone: 'good', name: t.handedIn }] }))} />
      </Card>
    </div>
  );
}
