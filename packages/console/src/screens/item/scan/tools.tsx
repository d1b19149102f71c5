import { ActionIcon, NativeSelect, SegmentedControl, Tooltip } from '@mantine/core';
import { IconArrowsMove, IconContrast2, IconRefresh, IconRulerMeasure, IconTrash, IconZoomIn } from '@tabler/icons-react';
import { scanTexts as t } from '../../../texts-scan.ts';
import { presets } from './frame.ts';
import type { Tool } from './pane.tsx';
import classes from './scan.module.css';

export type PresetName = keyof typeof t.presets;
export type Layout = 'stack' | 'planes';

const tools: readonly [Tool, typeof IconZoomIn][] = [
  ['window', IconContrast2],
  ['pan', IconArrowsMove],
  ['zoom', IconZoomIn],
  ['measure', IconRulerMeasure],
];

/** Tools, presets and layout of the viewer. */
export function Tools(props: {
  tool: Tool;
  onTool(tool: Tool): void;
  hounsfield: boolean;
  onPreset(preset: PresetName): void;
  layout: Layout;
  layouts: boolean;
  onLayout(layout: Layout): void;
  onReset(): void;
  onClear: (() => void) | undefined;
}) {
  const names = (Object.keys(t.presets) as PresetName[]).filter((name) => props.hounsfield || !(name in presets));
  return (
    <div className={classes['tools']} role="toolbar" aria-label={t.tools}>
      {tools.map(([tool, Icon]) => (
        <Tooltip key={tool} label={t[tool]}>
          <ActionIcon aria-label={t[tool]} aria-pressed={props.tool === tool} variant={props.tool === tool ? 'filled' : 'default'} onClick={() => props.onTool(tool)}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
      <NativeSelect
        size="xs"
        aria-label={t.preset}
        value=""
        data={[{ value: '', label: t.preset, disabled: true }, ...names.map((name) => ({ value: name, label: t.presets[name] }))]}
        onChange={(event) => props.onPreset(event.currentTarget.value as PresetName)}
      />
      {props.layouts && (
        <SegmentedControl
          size="xs"
          aria-label={t.layout}
          value={props.layout}
          onChange={(layout) => props.onLayout(layout as Layout)}
          data={[{ value: 'stack', label: t.stack }, { value: 'planes', label: t.planes }]}
        />
      )}
      <span className={classes['space']} />
      {props.onClear && (
        <Tooltip label={t.clear}>
          <ActionIcon aria-label={t.clear} variant="default" onClick={props.onClear}>
            <IconTrash size={16} />
          </ActionIcon>
        </Tooltip>
      )}
      <Tooltip label={t.reset}>
        <ActionIcon aria-label={t.reset} variant="default" onClick={props.onReset}>
          <IconRefresh size={16} />
        </ActionIcon>
      </Tooltip>
    </div>
  );
}
