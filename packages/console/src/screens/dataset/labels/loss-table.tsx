import type { LossReport } from '@fovea/contract';
import { Anchor, ScrollArea, Table, Text } from '@mantine/core';
import { formatTexts as t } from '../../../texts-formats.ts';

/** What became of annotations: their sums, every way with how often it happened, and the list of all of them, one by one. */
export function LossTable({ report, list }: { report: LossReport; list: string }) {
  return (
    <>
      <Text size="sm" mt="sm">
        {t.kept(report.kept, report.approximated, report.dropped)}
      </Text>
      {report.sums.length > 0 && (
        <>
          <Sums sums={report.sums} />
          <Anchor href={list} download="losses.ndjson" size="sm">
            {t.oneByOne}
          </Anchor>
        </>
      )}
    </>
  );
}

function Sums({ sums }: { sums: LossReport['sums'] }) {
  return (
    <ScrollArea.Autosize mah={240} mt="xs" viewportProps={{ tabIndex: 0, 'aria-label': t.outcome, role: 'region' }}>
      <Table verticalSpacing={4} fz="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t.outcome}</Table.Th>
            <Table.Th ta="right">{t.count}</Table.Th>
            <Table.Th>{t.how}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sums.map(({ outcome, count, how }) => (
            <Table.Tr key={`${outcome} ${how}`}>
              <Table.Td>{t.outcomes[outcome]}</Table.Td>
              <Table.Td ta="right">{count.toLocaleString('en')}</Table.Td>
              <Table.Td>{how}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </ScrollArea.Autosize>
  );
}
