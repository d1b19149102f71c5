import type { EditorDocument } from '../document/document.ts';
import type { EditorRecord } from '../document/record.ts';

/** The records that commands apply to, in the order in which they were chosen. Records that go away leave it. */
export class Selection {
  private chosen: ReadonlySet<string> = new Set();
  private readonly document: EditorDocument;
  private readonly changed: () => void;

  constructor(document: EditorDocument, changed: () => void) {
    this.document = document;
    this.changed = changed;
    document.events.on('change', ({ diff, origin }) => {
      if (origin === 'load') this.set([...this.chosen].filter((id) => document.has(id)));
      else if ([...diff.removed.keys()].some((id) => this.chosen.has(id))) {
        this.set([...this.chosen].filter((id) => !diff.removed.has(id)));
      }
    });
  }

  get ids(): ReadonlySet<string> {
    return this.chosen;
  }

  get size(): number {
    return this.chosen.size;
  }

  has(id: string): boolean {
    return this.chosen.has(id);
  }

  records(): EditorRecord[] {
    return [...this.chosen].flatMap((id) => this.document.get(id) ?? []);
  }

  /** The record when exactly one is chosen. */
  get single(): EditorRecord | undefined {
    const [id] = this.chosen;
    return this.chosen.size === 1 && id !== undefined ? this.document.get(id) : undefined;
  }

  set(ids: Iterable<string>): void {
    const next = new Set(ids);
    if (next.size === this.chosen.size && [...next].every((id) => this.chosen.has(id))) return;
    this.chosen = next;
    this.changed();
  }

  clear(): void {
    this.set([]);
  }

  add(ids: Iterable<string>): void {
    this.set([...this.chosen, ...ids]);
  }

  /** Adds them, or takes them away when all of them were chosen already. */
  toggle(ids: readonly string[]): void {
    if (ids.every((id) => this.chosen.has(id))) this.set([...this.chosen].filter((id) => !ids.includes(id)));
    else this.add(ids);
  }
}
