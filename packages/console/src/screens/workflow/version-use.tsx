import type { Dataset, Version } from '@fovea/contract';
import { Stack, Text } from '@mantine/core';
import { versionTexts as t } from '../../texts-versions.ts';
import { CodeLine } from '../../ui/code-line.tsx';
import { shellWord } from '../upload-lines.ts';

/** How a training gets what a version holds: lines to copy. */
export function VersionUse({ dataset, version }: { dataset: Pick<Dataset, 'id' | 'name'>; version: Version }) {
  const origin = window.location.origin;
  const name = `v${version.number}`;
  const part = version.splits?.parts[0]?.name;
  const cli = [`export FOVEA_URL=${origin} FOVEA_KEY=…`, `npx fovea export --dataset ${shellWord(dataset.name)} --of-version ${name} --format coco --media included --to ./${name}`].join('\n');
  const sdk = [
    `import { Fovea } from '@fovea/sdk';`,
    `const fovea = new Fovea({ url: '${origin}', key: process.env.FOVEA_KEY });`,
    `const samples = fovea.versions.samples('${dataset.id}', '${name}', { ${part === undefined ? '' : `split: '${part}', `}shuffle: { seed: 1 } });`,
    `for await (const { item, bytes, annotations } of samples) console.log(item.path, bytes.length, annotations.length);`,
  ].join('\n');
  const api = `curl -H "Authorization: Bearer $FOVEA_KEY" '${origin}/v1/datasets/${dataset.id}/versions/${name}/stream${part === undefined ? '' : `?split=${encodeURIComponent(part)}`}'`;
  return (
    <Stack gap="md">
      <Text size="sm">{t.useHint}</Text>
      <CodeLine label={t.cli} code={cli} />
      <CodeLine label={t.sdk} code={sdk} />
      <CodeLine label={t.api} code={api} />
    </Stack>
  );
}
