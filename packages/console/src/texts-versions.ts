/** The texts of how a version is used, and of comparing two. */
export const versionTexts = {
  use: 'Use',
  useOf: (name: string) => `Use ${name}`,
  useHint: 'A version never changes: the same name gives the same files and labels next year.',
  cli: 'As files, for any training program:',
  sdk: 'Item by item in TypeScript, without a copy on disk:',
  api: 'Every item with its labels, a line of JSON each:',
  from: 'Compared with',
  before: 'the version before',
  more: 'More than these changed; the whole list is in the API.',
  same: 'Nothing is different.',
  recipe: 'The recipe is another one.',
};
