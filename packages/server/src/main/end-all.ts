/**
 * Takes all steps of an ending, one after the other, and throws the first error after the last: what cannot be ended well (the database may
 * have gone first) keeps nothing else running.
 */
export async function endAll(steps: readonly (() => void | Promise<void>)[]): Promise<void> {
  const errors: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      errors.push(error);
    }
  }
  if (errors.length > 0) throw errors[0];
}
