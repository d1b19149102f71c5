import { SegmentedControl } from '@mantine/core';
import { IconGrid3x3, IconGrid4x4, IconLayoutGrid } from '@tabler/icons-react';
import { texts } from '../../texts.ts';

const sizes = [
  { value: '120', name: 'S', icon: IconGrid4x4 },
  { value: '180', name: 'M', icon: IconGrid3x3 },
  { value: '280', name: 'L', icon: IconLayoutGrid },
];

/** Small, middle or large tiles. */
export function TileSize({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  return (
    <SegmentedControl
      size="xs"
      aria-label={texts.dataset.tileSize}
      value={String(value)}
      onChange={(next) => onChange(Number(next))}
      data={sizes.map(({ value: size, name, icon: Icon }) => ({ value: size, label: <Icon size={15} aria-label={`${texts.dataset.tileSize} ${name}`} role="img" style={{ display: 'block' }} /> }))}
    />
  );
}
