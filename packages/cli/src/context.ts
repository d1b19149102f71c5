import type { Dataset, Project } from '@fovea/contract';
import type { Fovea, List } from '@fovea/sdk';
import { connect, findServer, type Server } from './connect.ts';
import { note, print, type Io } from './io.ts';
import { formatCount } from './terminal/format.ts';
import { styleFor, type Style } from './terminal/style.ts';
import { renderFacts, renderTable, type Column } from './terminal/table.ts';

/** Options that every list takes. */
export interface ListOptions {
  json?: boolean;
  limit?: number;
}

/** How many rows a table shows when nothing else is said. */
const defaultRows = 100;

/** What commands work with: the outside world, and the platform, found when it is first needed. */
export class Context {
  readonly io: Io;
  readonly style: Style;
  private found: { server: Server; client: Fovea } | undefined;

  constructor(io: Io) {
    this.io = io;
    this.style = styleFor(io.stdout, io.env);
  }

  /** The platform's client. CommandFailure when none is known. */
  get fovea(): Fovea {
    return this.reach().client;
  }

  /** Where the platform is and where that was found, once something has asked for it. */
  get server(): Server {
    return this.reach().server;
  }

  /** The same for messages about errors; undefined when no platform was looked for. */
  get knownServer(): Server | undefined {
    return this.found?.server;
  }

  /** A dataset by id or name. */
  dataset(reference: string, project: string | undefined): Promise<Dataset> {
    return this.fovea.datasets.get(reference, { project });
  }

  /** A project by id or name. */
  project(reference: string): Promise<Project> {
    return this.fovea.projects.get(reference);
  }

  /** Prints a list: with `json` every entry as a line, else a table of the first ones and a word on the rest. */
  async printList<T>(list: List<T>, columns: readonly Column<T>[], options: ListOptions, empty: string): Promise<void> {
    if (options.json) {
      const limit = options.limit ?? Number.POSITIVE_INFINITY;
      let count = 0;
      for await (const page of list.pages()) {
        const rows = page.data.slice(0, limit - count);
        count += rows.length;
        // Waits for a slow reader, so that a long list does not gather in memory.
        if (rows.length > 0 && !this.io.stdout.write(`${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)) await drained(this.io);
        if (count >= limit) break;
      }
      return;
    }
    const limit = options.limit ?? defaultRows;
    const rows = await list.toArray({ limit: limit + 1 });
    if (rows.length === 0) return note(this.io, empty);
    for (const line of renderTable(rows.slice(0, limit), columns, { style: this.style, maxWidth: this.io.stdout.isTTY ? this.io.stdout.columns : undefined })) print(this.io, line);
    if (rows.length > limit) note(this.io, `There are more than these ${formatCount(limit)}; --limit N shows more, --json all.`);
  }

  /** Prints one thing: as a line of JSON, or as facts. */
  printOne(value: object, facts: Parameters<typeof renderFacts>[0], options: { json?: boolean }): void {
    if (options.json) return print(this.io, JSON.stringify(value));
    for (const line of renderFacts(facts, this.style)) print(this.io, line);
  }

  /** Says what was done; with `json` the thing itself. */
  printDone(message: string, value: object, options: { json?: boolean }): void {
    print(this.io, options.json ? JSON.stringify(value) : `${this.style.green('✓')} ${message}`);
  }

  private reach(): { server: Server; client: Fovea } {
    if (!this.found) {
      const server = findServer(this.io);
      this.found = { server, client: connect(server, this.io.signal) };
    }
    return this.found;
  }
}

async function drained(io: Io): Promise<void> {
  await new Promise((resolve) => io.stdout.once('drain', resolve));
}
