import type { Version } from '@fovea/contract';
import { Badge, NativeSelect, Skeleton, Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { fovea } from '../../api/client.ts';
import { diffQuery } from '../../api/work.ts';
import { texts } from '../../texts.ts';
import { versionTexts } from '../../texts-versions.ts';
import { workTexts } from '../../texts-work.ts';
import { LoadError } from '../../ui/error-text.tsx';
import classes from './workflow.module.css';

const t = workTexts.versions;
const mostLabels = 6;

/** What is different in a version from the one before it, or from any other. */
export function VersionDiff({ version, versions }: { version: Version; versions: readonly Version[] }) {
  const [from, setFrom] = useState('');
  const { data, error, refetch } = useQuery(diffQuery(version.datasetId, version.number, from === '' ? undefined : from));
  const others = versions.filter(({ number }) => number !== version.number);
  return (
    <>
      {others.length > 0 && (
        <NativeSelect
          label={versionTexts.from}
          value={from}
          maw={280}
          mb="sm"
          data={[{ value: '', label: versionTexts.before }, ...others.map(({ number, message }) => ({ value: `v${number}`, label: `v${number}${message === '' ? '' : ` · ${message.slice(0, 60)}`}` }))]}
          onChange={(event) => setFrom(event.currentTarget.value)}
        />
      )}
      {error ? <LoadError error={error} retry={() => void refetch()} /> : data ? <Changes diff={data} /> : <Skeleton height={160} aria-label={texts.common.loading} />}
    </>
  );
}

type Diff = Awaited<ReturnType<typeof fovea.versions.diff>>;

function Changes({ diff }: { diff: Diff }) {
  if (diff.data.length === 0) return <p>{diff.summary?.recipeChanged ? versionTexts.recipe : versionTexts.same}</p>;
  return (
    <>
      {diff.summary && (
        <p>
          {t.summary(diff.summary)} {diff.summary.recipeChanged && versionTexts.recipe}
        </p>
      )}
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Tbody>
            {diff.data.map((change) => (
              <Table.Tr key={change.path}>
                <Table.Td>
                  <Badge size="sm" variant="light" color={{ added: 'teal', removed: 'red', changed: 'blue' }[change.change]}>
                    {t.change[change.change]}
                  </Badge>
                </Table.Td>
                <Table.Td className={classes['path'] ?? ''}>{change.path}</Table.Td>
                <Table.Td>{change.fields.join(', ')}</Table.Td>
                <Table.Td ta="right">{labelsOf(change.annotations)}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {diff.next !== null && <p>{versionTexts.more}</p>}
    </>
  );
}

/** "+ 12 car, − 1 bus": what was added and taken away, by label. */
function labelsOf({ added, removed }: Diff['data'][number]['annotations']): string {
  const counts = (sign: string, list: typeof added) => [...Map.groupBy(list, ({ label }) => label)].map(([label, those]) => `${sign} ${those.length > 1 ? `${those.length} ` : ''}${label}`);
  const all = [...counts('+', added), ...counts('−', removed)];
  return `${all.slice(0, mostLabels).join(', ')}${all.length > mostLabels ? ' …' : ''}`;
}
