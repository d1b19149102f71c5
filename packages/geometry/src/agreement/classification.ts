import { countPairs } from './kappa.ts';

/** How well predictions meet the truth for one class: precision, recall and F1 are NaN where they have no base. */
export type ClassScore = {
  truePositives: number;
  falsePositives: number;
  falseNegatives: number;
  precision: number;
  recall: number;
  f1: number;
};

/** Rows are the truth, columns the predictions, in the order of `classes`. */
export type ConfusionMatrix<T> = { classes: readonly T[]; counts: number[][] };

/** Counts how often each true class was predicted as each class. */
export function confusionMatrix<T>(
  truth: readonly T[],
  predicted: readonly T[],
  classes?: readonly T[],
): ConfusionMatrix<T> {
  const known = classes ?? [...new Set([...truth, ...predicted])];
  return { classes: known, counts: countPairs(truth, predicted, known) };
}

/** Precision, recall and their harmonic mean F1 (van Rijsbergen, Information Retrieval, 1979, ch. 7) from counts. */
export function scoreOf(truePositives: number, falsePositives: number, falseNegatives: number): ClassScore {
  return {
    truePositives,
    falsePositives,
    falseNegatives,
    precision: truePositives / (truePositives + falsePositives),
    recall: truePositives / (truePositives + falseNegatives),
    f1: (2 * truePositives) / (2 * truePositives + falsePositives + falseNegatives),
  };
}

/** The scores of each class, in the order of the matrix. */
export function classScores<T>({ classes, counts }: ConfusionMatrix<T>): { class: T; score: ClassScore }[] {
  return classes.map((label, index) => {
    const hits = counts[index]?.[index] ?? 0;
    const truths = (counts[index] ?? []).reduce((sum, count) => sum + count, 0);
    const predictions = counts.reduce((sum, row) => sum + (row[index] ?? 0), 0);
    return { class: label, score: scoreOf(hits, predictions - hits, truths - hits) };
  });
}

/** The share of units whose class was predicted. */
export function accuracy<T>({ counts }: ConfusionMatrix<T>): number {
  const all = counts.flat().reduce((sum, count) => sum + count, 0);
  return counts.reduce((sum, row, index) => sum + (row[index] ?? 0), 0) / all;
}

/** The mean F1 over the classes that occur in truth or prediction; NaN of none. */
export function macroF1<T>(matrix: ConfusionMatrix<T>): number {
  const scores = classScores(matrix)
    .map(({ score }) => score.f1)
    .filter((f1) => !Number.isNaN(f1));
  return scores.reduce((sum, f1) => sum + f1, 0) / scores.length;
}
