import type { Item } from '@fovea/contract';
import { Loader, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useDeferredValue, useMemo, useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { explain } from '../../../api/errors.ts';
import { scanTexts as t } from '../../../texts-scan.ts';
import { headerRows, searchRows } from './header-rows.ts';
import classes from './scan.module.css';

const shownRows = 500;

/** The whole header of a scan, to search in. */
export default function HeaderTable({ item }: { item: Item }) {
  const [search, setSearch] = useState('');
  const wanted = useDeferredValue(search);
  const { data, error } = useQuery({ queryKey: ['scan', item.id, item.sha256, 'header'], queryFn: ({ signal }) => fovea.scans.header(item.id, { signal }), staleTime: Number.POSITIVE_INFINITY });
  const rows = useMemo(() => headerRows(data ?? {}), [data]);
  const found = useMemo(() => searchRows(rows, wanted), [rows, wanted]);
  if (error) return <p role="alert">{explain(error)}</p>;
  if (!data) return <Loader size="sm" aria-label={t.loading} />;
  return (
    <>
      <TextInput size="xs" leftSection={<IconSearch size={14} />} placeholder={t.searchHeader} aria-label={t.searchHeader} value={search} onChange={(event) => setSearch(event.currentTarget.value)} />
      <div className={classes['tableBox']} tabIndex={0} role="region" aria-label={t.header}>
        <table className={classes['table']}>
          <thead>
            <tr>
              <th>{t.headerColumns.tag}</th>
              <th>{t.headerColumns.name}</th>
              <th>{t.headerColumns.vr}</th>
              <th>{t.headerColumns.value}</th>
            </tr>
          </thead>
          <tbody>
            {found.slice(0, shownRows).map((row, index) => (
              <tr key={index}>
                <td style={{ paddingLeft: `${row.depth * 10 + 4}px` }}>{row.tag}</td>
                <td>{row.name}</td>
                <td>{row.vr}</td>
                <td>{row.value}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {found.length === 0 && <p>{t.noMatch}</p>}
      {found.length > shownRows && <p>{t.moreRows(found.length - shownRows)}</p>}
    </>
  );
}
