import type { Batch, QualityReport } from '@fovea/contract';

type Person = QualityReport['people'][number];
type Pair = QualityReport['pairs'][number];

/** A batch with what is known of its work. */
export interface BatchReport {
  batch: Batch;
  report: QualityReport;
}

/** What one person did in several batches. */
export interface PersonTotal extends Pick<Person, 'by' | 'tasks' | 'annotations' | 'secondsSpent' | 'agreement' | 'accepted' | 'rejected' | 'reviewed' | 'honeypots' | 'f1' | 'iou'> {
  batches: number;
}

/** The mean of the values that are there, each as heavy as it says; null where there is none. */
export function weightedMean(values: readonly { value: number | null; weight: number }[]): number | null {
  const known = values.filter((one): one is { value: number; weight: number } => one.value !== null && one.weight > 0);
  const weight = known.reduce((sum, one) => sum + one.weight, 0);
  return weight === 0 ? null : known.reduce((sum, one) => sum + one.value * one.weight, 0) / weight;
}

/** Adds reports up by person: shares are weighted by the tasks they are about. Those who did most come first. */
export function byPerson(reports: readonly QualityReport[]): PersonTotal[] {
  const all = Map.groupBy(reports.flatMap(({ people }) => people), ({ by }) => by);
  const sum = (people: readonly Person[], of: (person: Person) => number) => people.reduce((total, person) => total + of(person), 0);
  const totals = [...all].map(([by, people]) => ({
    by,
    batches: people.length,
    tasks: sum(people, ({ tasks }) => tasks),
    annotations: sum(people, ({ annotations }) => annotations),
    secondsSpent: sum(people, ({ secondsSpent }) => secondsSpent),
    reviewed: sum(people, ({ reviewed }) => reviewed),
    accepted: sum(people, ({ accepted }) => accepted),
    rejected: sum(people, ({ rejected }) => rejected),
    honeypots: sum(people, ({ honeypots }) => honeypots),
    agreement: weightedMean(people.map(({ agreement, tasks }) => ({ value: agreement, weight: tasks }))),
    f1: weightedMean(people.map(({ f1, honeypots }) => ({ value: f1, weight: honeypots }))),
    iou: weightedMean(people.map(({ iou, honeypots }) => ({ value: iou, weight: honeypots }))),
  }));
  return totals.toSorted((a, b) => b.tasks - a.tasks || a.by.localeCompare(b.by));
}

/** Adds reports up by the two people who are compared, the least agreed first. */
export function byPair(reports: readonly QualityReport[]): Pair[] {
  const all = Map.groupBy(reports.flatMap(({ pairs }) => pairs), ({ a, b }) => JSON.stringify([a, b].toSorted()));
  const mean = (pairs: readonly Pair[], of: (pair: Pair) => number | null) => weightedMean(pairs.map((pair) => ({ value: of(pair), weight: pair.items })));
  const totals = [...all.values()].flatMap((pairs) => {
    const [first] = pairs;
    if (!first) return [];
    const items = pairs.reduce((sum, pair) => sum + pair.items, 0);
    return [{ a: first.a, b: first.b, items, agreement: mean(pairs, (pair) => pair.agreement), likeness: mean(pairs, (pair) => pair.likeness), sameLabel: mean(pairs, (pair) => pair.sameLabel), kappa: mean(pairs, (pair) => pair.kappa) }];
  });
  return totals.toSorted((x, y) => (x.agreement ?? 2) - (y.agreement ?? 2));
}

/** Adds the tables of labels up; the most frequent labels come first. */
export function confusionOf(reports: readonly QualityReport[]): QualityReport['confusion'] {
  const counts = new Map<string, Map<string, number>>();
  for (const { confusion } of reports) {
    for (const [row, label] of confusion.labels.entries()) {
      const line = counts.get(label) ?? new Map<string, number>();
      counts.set(label, line);
      for (const [column, other] of confusion.labels.entries()) line.set(other, (line.get(other) ?? 0) + (confusion.counts[row]?.[column] ?? 0));
    }
  }
  const total = (label: string) => [...(counts.get(label)?.values() ?? [])].reduce((sum, n) => sum + n, 0);
  const labels = [...counts.keys()].toSorted((a, b) => total(b) - total(a) || a.localeCompare(b));
  return { labels, counts: labels.map((label) => labels.map((other) => counts.get(label)?.get(other) ?? 0)) };
}

/** What review accepted of what it looked at; null where it looked at nothing. */
export function acceptedShare({ people }: { people: readonly Pick<Person, 'accepted' | 'rejected'>[] }): number | null {
  const [accepted, rejected] = [people.reduce((sum, one) => sum + one.accepted, 0), people.reduce((sum, one) => sum + one.rejected, 0)];
  return accepted + rejected === 0 ? null : accepted / (accepted + rejected);
}

/** How well known answers were met, over all people; null where there were none. */
export function knownScore({ people }: { people: readonly Pick<Person, 'f1' | 'honeypots'>[] }): number | null {
  return weightedMean(people.map(({ f1, honeypots }) => ({ value: f1, weight: honeypots })));
}
