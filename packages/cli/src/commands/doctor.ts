import type { Command } from 'commander';
import type { Context } from '../context.ts';
import { CommandFailure } from '../failure.ts';
import { print } from '../io.ts';
import { checks, type Finding } from '../doctor/checks.ts';
import { pad } from '../terminal/text.ts';
import { withJson } from './options.ts';

export function doctorCommand(program: Command, context: Context): void {
  withJson(program.command('doctor').description('check what a platform here needs, and say what to fix')).action(async (options: { json?: boolean }) => {
    const { io, style } = context;
    const marks = { ok: style.green('✓'), warning: style.yellow('!'), fault: style.red('✗') };
    const findings: (Finding & { check: string })[] = [];
    const width = Math.max(...checks.map(({ name }) => name.length));
    for (const { name, run } of checks) {
      for (const finding of await run(io)) {
        findings.push({ check: name, ...finding });
        if (options.json) print(io, JSON.stringify({ check: name, ...finding }));
        else {
          print(io, `${marks[finding.state]} ${pad(name, width)}  ${finding.message}`);
          if (finding.fix !== undefined) print(io, `  ${pad('', width)}  → ${finding.fix}`);
        }
      }
    }
    const faults = findings.filter(({ state }) => state === 'fault').length;
    if (faults > 0) throw new CommandFailure(`${faults} of ${findings.length} checks found something to fix.`);
    if (!options.json) print(io, `Everything that a platform needs is here${findings.some(({ state }) => state === 'warning') ? ', with the restrictions above' : ''}.`);
  });
}
