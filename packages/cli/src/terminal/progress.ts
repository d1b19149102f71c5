import type { Io } from '../io.ts';
import { formatBytes, formatCount, formatDuration } from './format.ts';
import { cut } from './text.ts';

/** How far long work is. */
export interface ProgressState {
  /** Units done, e.g. files. */
  done: number;
  total?: number | undefined;
  bytes?: number | undefined;
  totalBytes?: number | undefined;
  failed?: number | undefined;
}

const barWidth = 24;
/** How often the line on a terminal is drawn, and how often a line is written elsewhere. */
const drawMs = 100;
const lineMs = 10_000;
/** Before this a rate says nothing about the time left. */
const minGuessMs = 2_000;
/** The rate is that of the last so many milliseconds. */
const windowMs = 5_000;

/** A progress bar on standard error; on something that is no terminal, a plain line every ten seconds. */
export class Progress {
  private readonly io: Io;
  private readonly label: string;
  private readonly unit: string;
  private readonly isTerminal: boolean;
  private readonly nowMs: () => number;
  private readonly startedMs: number;
  private readonly marks: { atMs: number; done: number; bytes: number }[] = [];
  private shownMs: number;
  private drawn = false;

  constructor(io: Io, options: { label: string; unit: string; nowMs?: () => number }) {
    this.io = io;
    this.label = options.label;
    this.unit = options.unit;
    this.isTerminal = io.stderr.isTTY === true && io.env['TERM'] !== 'dumb';
    this.nowMs = options.nowMs ?? (() => performance.now());
    this.startedMs = this.nowMs();
    this.shownMs = this.isTerminal ? -Infinity : this.startedMs;
  }

  /** Seconds since it began. */
  get seconds(): number {
    return (this.nowMs() - this.startedMs) / 1000;
  }

  /** Shows a state, unless one was shown just now. */
  update(state: ProgressState): void {
    const nowMs = this.nowMs();
    if (nowMs - this.shownMs < (this.isTerminal ? drawMs : lineMs)) return;
    this.shownMs = nowMs;
    this.mark(state, nowMs);
    const text = this.describe(state, nowMs);
    if (!this.isTerminal) return void this.io.stderr.write(`${text}\n`);
    this.drawn = true;
    this.io.stderr.write(`\r\u001b[K${cut(text, (this.io.stderr.columns ?? 80) - 1)}`);
  }

  /** Takes the bar off the terminal. */
  clear(): void {
    if (this.drawn) this.io.stderr.write('\r\u001b[K');
    this.drawn = false;
  }

  private mark(state: ProgressState, nowMs: number): void {
    this.marks.push({ atMs: nowMs, done: state.done, bytes: state.bytes ?? 0 });
    while (this.marks.length > 2 && nowMs - (this.marks[1]?.atMs ?? nowMs) > windowMs) this.marks.shift();
  }

  private describe(state: ProgressState, nowMs: number): string {
    const { done, total, bytes, totalBytes, failed } = state;
    const start = this.marks.length > 1 ? this.marks[0] : { atMs: this.startedMs, done: 0, bytes: 0 };
    const seconds = Math.max(0.001, (nowMs - (start?.atMs ?? nowMs)) / 1000);
    const rate = (done - (start?.done ?? 0)) / seconds;
    const byteRate = ((bytes ?? 0) - (start?.bytes ?? 0)) / seconds;
    const part = totalBytes ? (bytes ?? 0) / totalBytes : total ? done / total : undefined;
    const left = totalBytes && byteRate > 0 ? (totalBytes - (bytes ?? 0)) / byteRate : total && rate > 0 ? (total - done) / rate : undefined;
    const pieces = [
      this.label,
      part === undefined ? '' : this.isTerminal ? `${bar(part)} ${percent(part)}` : percent(part),
      `${formatCount(done)}${total === undefined ? '' : `/${formatCount(total)}`} ${this.unit}`,
      bytes === undefined ? '' : `${formatBytes(bytes)}${byteRate > 0 ? ` at ${formatBytes(byteRate)}/s` : ''}`,
      bytes === undefined && rate > 0 ? `${rate.toFixed(rate < 10 ? 1 : 0)}/s` : '',
      failed ? `${formatCount(failed)} failed` : '',
      left === undefined || part === undefined || part >= 1 || nowMs - this.startedMs < minGuessMs ? '' : `${formatDuration(left)} left`,
    ];
    return pieces.filter((piece) => piece !== '').join('  ');
  }
}

function bar(part: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, part)) * barWidth);
  return '█'.repeat(filled) + '░'.repeat(barWidth - filled);
}

function percent(part: number): string {
  return `${Math.floor(Math.min(1, part) * 100)} %`.padStart(5);
}
