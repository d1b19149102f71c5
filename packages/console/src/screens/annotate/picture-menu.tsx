import type { Editor, EditorSettings } from '@fovea/editor';
import { Button, Checkbox, Popover } from '@mantine/core';
import { IconAdjustmentsHorizontal } from '@tabler/icons-react';
import { annotateTexts as t } from '../../texts-annotate.ts';
import classes from './annotate.module.css';
import { useEditorEvents } from './hooks.ts';
import { adjustments } from './view-actions.ts';

type Switch = 'crosshair' | 'grid' | 'snap' | 'snapToGrid' | 'showNames' | 'keepTool' | 'stayInPicture' | 'exclusiveMasks' | 'drawTracks';
const switches: readonly Switch[] = ['showNames', 'crosshair', 'grid', 'snap', 'snapToGrid', 'keepTool', 'stayInPicture', 'exclusiveMasks'];

/** How the picture and the shapes are shown, and how tools behave. */
export function PictureMenu({ editor }: { editor: Editor }) {
  useEditorEvents(editor, 'settings');
  const { settings } = editor;
  const { picture } = settings;
  const adjust = (change: Partial<EditorSettings['picture']>) => editor.set({ picture: { ...picture, ...change } });
  return (
    <Popover position="bottom-end" width={270} shadow="md" trapFocus>
      <Popover.Target>
        <Button variant="default" leftSection={<IconAdjustmentsHorizontal size={15} aria-hidden />}>
          {t.view.title}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={t.view.title}>
        <Range label={t.view.brightness} value={picture.brightness} {...limits('brightness')} run={(brightness) => adjust({ brightness })} />
        <Range label={t.view.contrast} value={picture.contrast} {...limits('contrast')} run={(contrast) => adjust({ contrast })} />
        <Range label={t.view.gamma} value={picture.gamma} {...limits('gamma')} run={(gamma) => adjust({ gamma })} />
        <Button variant="subtle" size="compact-xs" mb={8} onClick={() => adjust({ brightness: 1, contrast: 1, gamma: 1 })}>
          {t.view.plain}
        </Button>
        <Range label={t.view.fill} value={settings.fillOpacity} min={0} max={1} run={(fillOpacity) => editor.set({ fillOpacity })} />
        <Range label={t.view.mask} value={settings.maskOpacity} min={0} max={1} run={(maskOpacity) => editor.set({ maskOpacity })} />
        <Range label={t.view.line} value={settings.lineWidth} min={0.5} max={6} run={(lineWidth) => editor.set({ lineWidth })} />
        <Range label={t.view.gridSize} value={settings.gridSize} min={5} max={500} step={5} run={(gridSize) => editor.set({ gridSize })} />
        <div className={classes['switches']}>
          {[...switches, ...(editor.isVideo ? (['drawTracks'] as const) : [])].map((name) => (
            <Checkbox key={name} size="xs" label={t.view.switches[name]} checked={settings[name]} onChange={(event) => editor.set({ [name]: event.currentTarget.checked })} />
          ))}
          <Checkbox size="xs" label={t.view.switches.wheelZooms} checked={settings.wheel === 'zoom'} onChange={(event) => editor.set({ wheel: event.currentTarget.checked ? 'zoom' : 'pan' })} />
          <Checkbox size="xs" label={t.view.switches.smartMasks} checked={settings.smartShape === 'mask'} onChange={(event) => editor.set({ smartShape: event.currentTarget.checked ? 'mask' : 'polygon' })} />
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

const limits = (what: keyof typeof adjustments) => ({ min: adjustments[what].min, max: adjustments[what].max });

interface RangeProps {
  label: string;
  value: number;
  min: number;
  max: number;
  step?: number;
  run: (value: number) => void;
}

export function Range({ label, value, min, max, step = 0.05, run }: RangeProps) {
  return (
    <label className={classes['range']}>
      <span>{label}</span>
      <input type="range" min={min} max={max} step={step} value={value} onChange={(event) => run(Number(event.currentTarget.value))} />
      <output>{Number(value.toFixed(2))}</output>
    </label>
  );
}
