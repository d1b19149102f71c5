import type { LabelledAnnotation } from './dataset.ts';

/** What became of one annotation, or of something else of an item (then `annotation` is missing). */
export type LossNote = {
  outcome: 'approximated' | 'dropped' | 'noted';
  path: string;
  /** The annotation's id, or its place in the item (`#3`), with its label. */
  annotation?: string | undefined;
  how: string;
};

/** How many things met one fate. */
export type LossSum = { outcome: LossNote['outcome']; how: string; count: number };

/**
 * What a reading or a writing did to annotations: each is kept, approximated (counted once, however many ways it was) or
 * dropped. `sums` add up every way; `notes` list them one by one, up to a bound, the rest being `omittedNotes`.
 */
export type LossReport = {
  items: number;
  kept: number;
  approximated: number;
  dropped: number;
  sums: LossSum[];
  notes: LossNote[];
  omittedNotes: number;
};

/** Stands for all ways beyond as many as a report lists. */
const otherWays = 'in further ways, which the whole list names';

/** Collects a loss report. */
export class Ledger {
  readonly #maxNotes: number;
  readonly #sums = new Map<string, LossSum>();
  readonly #notes: LossNote[] = [];
  readonly #counts = { items: 0, kept: 0, approximated: 0, dropped: 0, omittedNotes: 0 };

  readonly #onNote: ((note: LossNote) => void) | undefined;

  constructor(maxNotes = 1000, onNote?: (note: LossNote) => void) {
    this.#maxNotes = maxNotes;
    this.#onNote = onNote;
  }

  /** Counts an item that came through. */
  item(): void {
    this.#counts.items += 1;
  }

  /** Counts an annotation that came through: kept when no ways are given in which it was approximated. */
  passed(path: string, annotation: string, ways: readonly string[] = []): void {
    this.#counts[ways.length === 0 ? 'kept' : 'approximated'] += 1;
    for (const how of ways) this.#add({ outcome: 'approximated', path, annotation, how });
  }

  /** Counts an annotation that did not come through. */
  dropped(path: string, annotation: string, how: string): void {
    this.#counts.dropped += 1;
    this.#add({ outcome: 'dropped', path, annotation, how });
  }

  /** Records something that is not a loss of an annotation: a skipped file, metadata left out, an odd value. */
  noted(path: string, how: string): void {
    this.#add({ outcome: 'noted', path, how });
  }

  /** The report as it stands, by outcome and number. */
  report(): LossReport {
    const sums = [...this.#sums.values()].map((sum) => ({ ...sum }));
    sums.sort(byCount);
    return { ...this.#counts, sums, notes: [...this.#notes] };
  }

  #add(note: LossNote): void {
    this.#onNote?.(note);
    // How a thing was lost may name values out of a file; a file of nothing but faults must not fill the memory.
    const isListed = this.#sums.size < this.#maxNotes || this.#sums.has(`${note.outcome} ${note.how}`);
    const how = isListed ? note.how : otherWays;
    const key = `${note.outcome} ${how}`;
    const sum = this.#sums.get(key);
    if (sum) sum.count += 1;
    else this.#sums.set(key, { outcome: note.outcome, how, count: 1 });
    if (this.#notes.length < this.#maxNotes) this.#notes.push(note);
    else this.#counts.omittedNotes += 1;
  }
}

/** Two reports of one work as one: the second tells what else became of what the first let through. */
export function mergeReports(first: LossReport, second: LossReport, maxNotes = 1000): LossReport {
  const sums = new Map<string, LossSum>();
  for (const sum of [...first.sums, ...second.sums]) {
    const key = `${sum.outcome} ${sum.how}`;
    sums.set(key, { ...sum, count: sum.count + (sums.get(key)?.count ?? 0) });
  }
  const notes = [...first.notes, ...second.notes];
  // What the second lost had come through the first, one way or the other: together they count each once.
  const fromKept = Math.min(first.kept, second.dropped);
  return {
    items: first.items,
    kept: first.kept - fromKept,
    approximated: Math.max(0, first.approximated - (second.dropped - fromKept)),
    dropped: first.dropped + second.dropped,
    sums: [...sums.values()].sort(byCount),
    notes: notes.slice(0, maxNotes),
    omittedNotes: first.omittedNotes + second.omittedNotes + Math.max(0, notes.length - maxNotes),
  };
}

function byCount(a: LossSum, b: LossSum): number {
  return b.count - a.count || (a.how < b.how ? -1 : 1);
}

/** How a report names an annotation. */
export function annotationName(annotation: Pick<LabelledAnnotation, 'id' | 'label' | 'type'>, index: number): string {
  return `${annotation.id ?? `#${index}`} (${annotation.type} ${annotation.label})`;
}
