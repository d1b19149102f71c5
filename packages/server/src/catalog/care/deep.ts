import sql, { raw } from 'sql-template-tag';
import type { BlobStore } from '../../engines/blobs/blobs.ts';
import type { Database } from '../../engines/database/database.ts';

/** Something wrong with what is stored. */
export interface StorageFault {
  /** `reference`: the database speaks of bytes that were never recorded and are nowhere. */
  kind: 'missing' | 'damaged' | 'wrong_size' | 'reference';
  sha256: string;
  /** A sentence. */
  message: string;
  /** Items that have these bytes, the first few: path and dataset. */
  items: { id: string; path: string; dataset: string }[];
}

/** What a look at everything has found. */
export interface StorageReport {
  /** Blobs whose digest was taken. */
  blobs: number;
  bytes: number;
  /** Of these, files in the store that nothing in the database knows; the nightly sweep removes them. */
  unknown: number;
  faults: number;
}

export interface DeepCheck {
  onFault(fault: StorageFault): void;
  onProgress(state: { blobs: number; bytes: number; totalBlobs: number; totalBytes: number }): void;
  signal: AbortSignal;
}

/** Digests that are taken at once. */
const parallel = 4;
const shownItems = 5;
const batchRows = 1_000;

/** Columns that hold digests of blobs, wherever they are. Other columns of these names would be a fault of ours. */
const digestColumns = ['sha256', 'blob', 'thumbnail', 'losses'];

/**
 * Looks at everything that is stored: the digest and size of each blob that the database knows, the digest of each other file in the
 * store, and that every digest that the database speaks of is there. Changes nothing; the platform may run meanwhile.
 */
export async function checkStorage(deps: { db: Database; blobs: BlobStore }, check: DeepCheck): Promise<StorageReport> {
  const run = new DeepRun(deps, check);
  await run.known();
  await run.unknown();
  await run.references();
  return run.report;
}

class DeepRun {
  readonly report: StorageReport = { blobs: 0, bytes: 0, unknown: 0, faults: 0 };
  private readonly db: Database;
  private readonly blobs: BlobStore;
  private readonly check: DeepCheck;
  private totals = { totalBlobs: 0, totalBytes: 0 };

  constructor({ db, blobs }: { db: Database; blobs: BlobStore }, check: DeepCheck) {
    this.db = db;
    this.blobs = blobs;
    this.check = check;
  }

  /** Every blob with a row. */
  async known(): Promise<void> {
    const { blobs, bytes } = await this.db.one<{ blobs: number; bytes: number }>(sql`select count(*) as blobs, coalesce(sum(size), 0)::bigint as bytes from blobs`);
    this.totals = { totalBlobs: blobs, totalBytes: bytes };
    const rows = this.db.stream<{ sha256: Buffer; size: number }>(sql`select sha256, size from blobs order by sha256`, batchRows);
    await this.eachOf(rows, ({ sha256, size }) => this.verify(sha256.toString('hex'), size));
  }

  /** Files in the store without a row. They may be on their way into the database just now, so they are no fault by themselves. */
  async unknown(): Promise<void> {
    let batch = new Map<string, number>();
    const look = async () => {
      const rows = await this.db.many<{ sha256: string }>(sql`select encode(sha256, 'hex') as sha256 from blobs where sha256 = any(${[...batch.keys()].map((hex) => Buffer.from(hex, 'hex'))}::bytea[])`);
      for (const { sha256 } of rows) batch.delete(sha256);
      this.report.unknown += batch.size;
      this.totals.totalBlobs += batch.size;
      await this.eachOf(batch, ([sha256, size]) => this.verify(sha256, size));
      batch = new Map();
    };
    for await (const { sha256, size } of this.blobs.list()) {
      batch.set(sha256, size);
      if (batch.size === batchRows) await look();
    }
    await look();
  }

  /** Digests that stand in the database, have no row of their own, and no bytes. */
  async references(): Promise<void> {
    const columns = await this.db.many<{ table_name: string; column_name: string; data_type: string }>(sql`
      select c.table_name, c.column_name, c.data_type from information_schema.columns c
      join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name and t.table_type = 'BASE TABLE'
      where c.table_schema = current_schema() and ((c.data_type in ('bytea', 'text') and c.column_name = any(${digestColumns}::text[]))
        or (c.table_name, c.column_name) = ('jobs', 'outputs')) order by 1, 2`);
    for (const { table_name: table, column_name: column, data_type: type } of columns) {
      const [from, of] = [raw(`"${table}"`), raw(`r."${column}"`)];
      const digests =
        type === 'bytea'
          ? sql`select distinct ${of} as digest from ${from} r where length(${of}) = 32`
          : type === 'text'
            ? sql`select distinct decode(${of}, 'hex') as digest from ${from} r where ${of} ~ '^[0-9a-f]{64}$'`
            : sql`select distinct decode(o->>'sha256', 'hex') as digest from ${from} r, jsonb_array_elements(${of}) o where o->>'sha256' ~ '^[0-9a-f]{64}$'`;
      const orphans = this.db.stream<{ digest: string }>(sql`select encode(d.digest, 'hex') as digest from (${digests}) d where not exists (select from blobs b where b.sha256 = d.digest)`, batchRows);
      await this.eachOf(orphans, async ({ digest }) => {
        if (!(await this.blobs.stat(digest))) await this.fail('reference', digest, `${table}.${column} speaks of bytes that are not in the store.`);
      });
    }
  }

  private async verify(sha256: string, size: number): Promise<void> {
    const stat = await this.blobs.stat(sha256);
    if (!stat) await this.fail('missing', sha256, `The bytes (${size.toLocaleString('en')}) are not in the store.`);
    else if (stat.size !== size) await this.fail('wrong_size', sha256, `The store has ${stat.size.toLocaleString('en')} bytes instead of ${size.toLocaleString('en')}.`);
    else {
      const state = await this.blobs.verify(sha256);
      if (state === 'missing') await this.fail('missing', sha256, `The bytes (${size.toLocaleString('en')}) are not in the store.`);
      if (state === 'damaged') await this.fail('damaged', sha256, 'The bytes are not those that were stored: they have another digest.');
    }
    this.report.blobs += 1;
    this.report.bytes += size;
    this.check.onProgress({ blobs: this.report.blobs, bytes: this.report.bytes, ...this.totals });
  }

  private async fail(kind: StorageFault['kind'], sha256: string, message: string): Promise<void> {
    // Gone while this ran: the sweep removed row and bytes.
    const digest = Buffer.from(sha256, 'hex');
    if (kind === 'missing' && !(await this.db.maybe(sql`select 1 as there from blobs where sha256 = ${digest}`))) return;
    const items = await this.db.many<StorageFault['items'][number]>(sql`select i.id, i.path, d.name as dataset from items i join datasets d on d.id = i.dataset_id
      where i.sha256 = ${digest} order by i.id limit ${shownItems}`);
    this.report.faults += 1;
    this.check.onFault({ kind, sha256, message, items });
  }

  /** Runs work on every entry, some at once. Settles all of it before it throws the first error. */
  private async eachOf<T>(entries: AsyncIterable<T> | Iterable<T>, work: (entry: T) => Promise<void>): Promise<void> {
    const underway = new Set<Promise<void>>();
    let failed: { error: unknown } | undefined;
    for await (const entry of entries) {
      if (this.check.signal.aborted) throw this.check.signal.reason;
      if (failed) break;
      const working: Promise<void> = work(entry)
        .catch((error: unknown) => void (failed ??= { error }))
        .finally(() => underway.delete(working));
      underway.add(working);
      if (underway.size >= parallel) await Promise.race(underway);
    }
    await Promise.all(underway);
    if (failed) throw failed.error;
  }
}
