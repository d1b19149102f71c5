import type { LossReport } from '@fovea/contract';
import { ScrollArea, Table, Text } from '@mantine/core';
import { formatTexts as t } from '../../../texts-formats.ts';

/** What became of annotations: their sums, and every way with how often it happened. */
export function LossTable({ report }: { report: LossReport }) {
  return (
    <>
      <Text size="sm" mt="sm">
        {t.kept(report.kept, report.approximated, report.dropped)}
      </Text>
      {report.sums.length > 0 && (
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
              {report.sums.map(({ outcome, count, how }) => (
                <Table.Tr key={`${outcome} ${how}`}>
                  <Table.Td>{t.outcomes[outcome]}</Table.Td>
                  <Table.Td ta="right">{count.toLocaleString('en')}</Table.Td>
                  <Table.Td>{how}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </ScrollArea.Autosize>
      )}
    </>
  );
}
