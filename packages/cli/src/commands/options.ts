import { InvalidArgumentError, Option, type Command } from 'commander';

/** A whole number of at least `least`, of an option or argument. */
export function wholeNumber(least: number): (text: string) => number {
  return (text) => {
    if (!/^\d+$/.test(text) || Number(text) < least || !Number.isSafeInteger(Number(text))) throw new InvalidArgumentError(`It must be a whole number from ${least} on.`);
    return Number(text);
  };
}

/** Gathers an option that may be given several times. */
export function repeatable(text: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), text];
}

const unitMs: Record<string, number> = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 };

/** A time to come: `30d`, `12h`, `2w` from now, or what {@link timeOf} takes; as RFC 3339. */
export function timeToCome(text: string): string {
  const ahead = /^(\d{1,5})([hdw])$/.exec(text);
  return ahead ? new Date(Date.now() + Number(ahead[1]) * (unitMs[ahead[2] ?? ''] ?? 0)).toISOString() : timeOf(text);
}

/** A day (its start in UTC) or an RFC 3339 time; as RFC 3339 in UTC. */
export function timeOf(text: string): string {
  const isTime = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  if (!isTime || Number.isNaN(Date.parse(text))) throw new InvalidArgumentError('It must be a time like 2027-01-31 or 2027-01-31T18:00:00Z.');
  return new Date(text).toISOString();
}

/** `--json` of commands that print one thing. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print JSON, one line for each thing');
}

/** `--limit` and `--json` of lists. */
export function withList(command: Command): Command {
  return withJson(command).addOption(new Option('--limit <n>', 'how many at most (default: 100 in a table, all with --json)').argParser(wholeNumber(1)));
}

/** `--project` that says where a dataset's name is looked for. */
export function withProject(command: Command): Command {
  return command.option('-p, --project <project>', 'name or id of the project, where names of datasets are not enough');
}

/** The examples at the end of a help text. */
export function withExamples(command: Command, ...examples: string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((example) => `  $ ${example}`).join('\n')}`);
}
