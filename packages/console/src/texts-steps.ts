/** The texts that lead through the first project, a step after the other. */
export const stepTexts = {
  title: 'First steps',
  of: (n: number, all: number) => `${n} of ${all} done`,
  go: 'Go there',
  goFor: (step: string) => `Go there: ${step}`,
  hide: 'Hide the first steps',
  steps: {
    dataset: ['Make a place for your files', 'with the button at the top right.'],
    files: ['Bring your files in', 'by dropping a folder on the page.'],
    recipe: ['Say what is to be labeled', 'which names there are, and what shapes they may have.'],
    batch: ['Hand the work out', 'one task for each file, to you or to others.'],
    open: ['Open it for work', 'nobody gets a task before.'],
    label: ['Do the first task', 'a digit chooses what you draw, Ctrl+Enter hands it in.'],
    review: ['Look at what was handed in', 'accept it, or send it back with a comment.'],
    version: ['Keep the result', 'commit it; “Use” then gives the lines for your training.'],
  },
} as const;
