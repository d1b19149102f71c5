import type { z } from 'zod';
import type { seriesSummary } from '@fovea/contract';
import sql, { empty, type Sql } from 'sql-template-tag';
import type { Queryable } from '../../engines/database/database.ts';
import { alive, itemColumns, toStoredItem, type ItemRow, type StoredItem } from './store.ts';

export type SeriesSummary = z.infer<typeof seriesSummary>;

interface SeriesRow {
  series: string;
  study: string | null;
  patient: string | null;
  modality: string | null;
  description: string | null;
  body_part: string | null;
  instances: number;
  frames: number;
  size: number;
}

/** As the index of them is made: a series without UID is called `none`. */
const seriesOf: Sql = sql`coalesce(i.summary->>'seriesInstanceUid', 'none')`;
const inDataset = (datasetId: string): Sql => sql`i.dataset_id = ${datasetId} and i.kind = 'dicom' and ${alive}`;

/** The series of a dataset after one, by UID: one more than the limit. */
export async function selectSeries(
  db: Queryable,
  datasetId: string,
  query: { limit: number; after?: string | undefined; study?: string | undefined; modality?: string | undefined; series?: string | undefined },
): Promise<SeriesSummary[]> {
  const rows = await db.many<SeriesRow>(sql`
    select ${seriesOf} as series, min(i.summary->>'studyInstanceUid') as study, min(i.summary->>'patientId') as patient,
      min(i.summary->>'modality') as modality, min(i.summary->>'seriesDescription') as description, min(i.summary->>'bodyPart') as body_part,
      count(*)::int as instances, coalesce(sum(i.frames), 0)::int as frames, sum(i.size)::float8 as size
    from items i where ${inDataset(datasetId)} and (i.probe <> 'pending' or i.summary <> '{}')
      ${query.after === undefined ? empty : sql`and ${seriesOf} > ${query.after}`}
      ${query.series === undefined ? empty : sql`and ${seriesOf} = ${query.series}`}
      ${query.study === undefined ? empty : sql`and i.summary->>'studyInstanceUid' = ${query.study}`}
      ${query.modality === undefined ? empty : sql`and i.summary->>'modality' = ${query.modality}`}
    group by 1 order by 1 limit ${query.limit + 1}`);
  return rows.map((row) => ({
    series: row.series,
    studyInstanceUid: row.study,
    patientId: row.patient,
    modality: row.modality,
    description: row.description,
    bodyPart: row.body_part,
    instances: row.instances,
    frames: row.frames,
    sizeBytes: row.size,
  }));
}

/** The items of a series in the order of their ids, at most so many. */
export async function selectSeriesItems(db: Queryable, datasetId: string, series: string, limit: number): Promise<StoredItem[]> {
  const rows = await db.many<ItemRow>(sql`select ${itemColumns(sql`i`)} from items i
    where ${inDataset(datasetId)} and (i.probe <> 'pending' or i.summary <> '{}') and ${seriesOf} = ${series} order by i.id limit ${limit}`);
  return rows.map(toStoredItem);
}
