import type { Item } from '@fovea/contract';
import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { explain } from '../../../api/errors.ts';
import { scanTexts as t } from '../../../texts-scan.ts';
import { fullRange, presets, type Frame, type Window } from './frame.ts';
import { loadStack, type Stack } from './frame-store.ts';
import { LabelList } from './label-list.tsx';
import { Pane, type Tool } from './pane.tsx';
import { PlanesView } from './planes-view.tsx';
import classes from './scan.module.css';
import { StackView } from './stack-view.tsx';
import { Tools, type Layout, type PresetName } from './tools.tsx';
import type { Measurement } from './view.ts';

export { Pane };

/** What both layouts share: the window, the tool, the opacities. */
export interface Shared {
  item: Item;
  tool: Tool;
  resets: number;
  window: Window;
  opacities: Readonly<Record<string, number>>;
  onWindow(window: Window): void;
  /** Told of each picture that is shown, so that the window can start with what its header says. */
  onFrame(frame: Frame): void;
  onNames(names: Readonly<Record<string, string>>): void;
  measurements: Readonly<Record<string, readonly Measurement[]>>;
  onMeasure(pane: string, measurement: Measurement): void;
}

/** A DICOM series, a multi-frame file or a NIfTI volume to look at. */
export default function ScanViewer({ item }: { item: Item }) {
  const stack = useQuery({ queryKey: ['scan', item.id, item.sha256], queryFn: ({ signal }) => loadStack(item, signal), staleTime: 300_000 });
  if (stack.error) return <Failed error={stack.error} />;
  if (!stack.data) return <Loader aria-label={t.loading} />;
  return <Viewer key={item.id} item={item} stack={stack.data} />;
}

export function Failed({ error }: { error: unknown }) {
  return (
    <div className={classes['failed']} role="alert">
      <strong>{t.failed}</strong> {explain(error)}
    </div>
  );
}

const toolKeys: Record<string, Tool> = { w: 'window', p: 'pan', z: 'zoom', m: 'measure' };

function Viewer({ item, stack }: { item: Item; stack: Stack }) {
  const isVolume = item.kind === 'nifti';
  const mayCut = isVolume || stack.places.length > 2;
  const [layout, setLayout] = useState<Layout>(isVolume ? 'planes' : 'stack');
  const [tool, setTool] = useState<Tool>('window');
  const [resets, setResets] = useState(0);
  const [measurements, setMeasurements] = useState<Shared['measurements']>({});
  const [opacities, setOpacities] = useState<Readonly<Record<string, number>>>({});
  const [names, setNames] = useState<Readonly<Record<string, string>>>({});
  const { window, setWindow, onFrame, preset } = useWindow();
  const slices = useRef<HTMLDivElement>(null);
  useEffect(() => slices.current?.focus({ preventScroll: true }), []);

  const reset = () => {
    setResets((now) => now + 1);
    preset('default');
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Keys of sliders and lists are theirs: they neither choose tools nor lead to the neighbours.
    if (['SELECT', 'INPUT'].includes((event.target as HTMLElement).tagName)) return event.stopPropagation();
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = toolKeys[event.key.toLowerCase()];
    if (next) setTool(next);
    else if (event.key.toLowerCase() === 'r') reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const shared: Shared = useMemo(
    () => ({
      item, tool, resets, window, opacities, measurements, onFrame,
      onWindow: setWindow,
      onNames: (found) => setNames((now) => (Object.entries(found).every(([value, name]) => now[value] === name) ? now : { ...now, ...found })),
      onMeasure: (pane, measurement) => setMeasurements((now) => ({ ...now, [pane]: [...(now[pane] ?? []), measurement] })),
    }),
    [item, tool, resets, window, opacities, measurements],
  );
  const hasLines = Object.values(measurements).some((lines) => lines.length > 0);
  const hounsfield = item.summary['modality'] === 'CT' || isVolume;

  return (
    <div className={classes['viewer']} ref={slices} tabIndex={-1} onKeyDown={onKeyDown} role="group" aria-label={t.viewer(item.name)}>
      <Tools
        tool={tool}
        onTool={setTool}
        hounsfield={hounsfield}
        onPreset={preset}
        layout={layout}
        layouts={mayCut}
        onLayout={setLayout}
        onReset={reset}
        onClear={hasLines ? () => setMeasurements({}) : undefined}
      />
      {layout === 'stack' ? <StackView {...shared} stack={stack} /> : <PlanesView {...shared} stack={stack} />}
      <LabelList names={names} opacities={opacities} onOpacity={(value, opacity) => setOpacities((now) => ({ ...now, [value]: opacity }))} />
      {stack.missing > 0 && <div className={classes['warning']} role="status">{t.gaps(stack.missing)}</div>}
    </div>
  );
}

/** The window: that of the picture until somebody chooses another. */
function useWindow() {
  const [chosen, setWindow] = useState<Window>();
  const [own, setOwn] = useState<Window>({ center: 0, width: 1 });
  const last = useRef<Frame>(undefined);
  const current = useRef({ chosen });
  current.current = { chosen };
  return {
    window: chosen ?? own,
    setWindow,
    onFrame(frame: Frame) {
      last.current = frame;
      const { chosen: kept } = current.current;
      if (kept === undefined && frame.kind === 'values') setOwn((now) => (frame.window && (frame.window.center !== now.center || frame.window.width !== now.width) ? frame.window : now));
    },
    preset(name: PresetName) {
      const frame = last.current;
      if (name === 'default') {
        setWindow(undefined);
        if (frame?.kind === 'values' && frame.window) setOwn(frame.window);
      } else if (name === 'full') setWindow(frame?.kind === 'values' ? fullRange(frame) : undefined);
      else setWindow(presets[name]);
    },
  };
}
