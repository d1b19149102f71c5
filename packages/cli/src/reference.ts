import { Readable, Writable } from 'node:stream';
import type { Command } from 'commander';
import { Context } from './context.ts';
import type { Io } from './io.ts';
import { createProgram } from './program.ts';

/** The reference of the program, in Markdown: the help text of every command. */
export async function cliReference(): Promise<string> {
  const parts: string[] = [];
  const program = createProgram(new Context(quietIo(parts)));
  const section = (command: Command, path: string, depth: number): string => {
    parts.length = 0;
    command.outputHelp();
    const text = `${'#'.repeat(depth)} ${path}\n\n\`\`\`\n${parts.join('').trim()}\n\`\`\`\n`;
    return [text, ...command.commands.map((child) => section(child, `${path} ${child.name()}`, 2))].join('\n');
  };
  return `${section(program, 'fovea', 1)}\nThis page is made of the help texts: \`node scripts/write-cli-docs.ts\`.\n`;
}

function quietIo(parts: string[]): Io {
  const output = new Writable({ write: (_chunk, _encoding, done) => done() });
  // The help is written at once; it must not wait for a stream.
  output.write = (text: string) => parts.push(text) > 0;
  return { stdin: Readable.from([]), stdout: output, stderr: output, env: {}, cwd: '/', signal: new AbortController().signal };
}
