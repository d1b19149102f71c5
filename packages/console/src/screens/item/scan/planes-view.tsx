import type { ScanArray } from '@fovea/sdk';
import { Loader } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { fovea } from '../../../api/client.ts';
import { scanTexts as t } from '../../../texts-scan.ts';
import type { Stack } from './frame-store.ts';
import { labelPlane, loadLabelVolume, type LabelVolume } from './labels.ts';
import { Pane } from './pane.tsx';
import { planeFrame, planesOf, sizeOf, type Plane } from './planes.ts';
import classes from './scan.module.css';
import { Failed, type Shared } from './scan-viewer.tsx';

/** A volume in three planes at right angles. */
export function PlanesView({ stack, ...shared }: Shared & { stack: Stack }) {
  const { item } = shared;
  // One copy of the voxels is kept, and let go of with the page.
  const volume = useQuery({
    queryKey: ['scan', item.id, item.sha256, 'volume'],
    queryFn: ({ signal }) => (stack.series === undefined ? fovea.scans.volume(item.id, {}, { signal }) : fovea.series.volume(item.datasetId, stack.series, { allowGaps: true }, { signal })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    structuralSharing: false,
  });
  const labels = useQuery({
    queryKey: ['scan', item.id, 'labels', item.annotationCount],
    queryFn: async ({ signal }) => (await loadLabelVolume(stack.series === undefined ? { itemId: item.id } : { datasetId: item.datasetId, series: stack.series }, signal)) ?? null,
    gcTime: 0,
    structuralSharing: false,
  });
  useEffect(() => {
    if (labels.data) shared.onNames(labels.data.names);
  }, [labels.data]);
  if (volume.error) return <Failed error={volume.error} />;
  if (!volume.data) {
    return (
      <div className={classes['panes']}>
        <Loader aria-label={t.loading} />
      </div>
    );
  }
  return <Planes {...shared} volume={volume.data} labels={labels.data ?? undefined} />;
}

function Planes({ volume, labels, ...shared }: Shared & { volume: ScanArray; labels: LabelVolume | undefined }) {
  const planes = useMemo(() => planesOf(volume), [volume]);
  const fits = labels !== undefined && labels.size.every((size, axis) => size === sizeOf(volume)[axis]);
  return (
    <div className={classes['panes']} data-layout="planes" data-testid="scan-planes">
      {planes.map((plane) => (
        <PlanePane key={plane.name} {...shared} volume={volume} plane={plane} labels={fits ? labels : undefined} />
      ))}
    </div>
  );
}

function PlanePane({ volume, plane, labels, ...shared }: Shared & { volume: ScanArray; plane: Plane; labels: LabelVolume | undefined }) {
  const [slice, setSlice] = useState(Math.floor(plane.slices / 2));
  const frame = useMemo(() => planeFrame(volume, plane, slice), [volume, plane, slice]);
  const shown = useMemo(() => labels && labelPlane(labels, plane, slice), [labels, plane, slice]);
  useEffect(() => shared.onFrame(frame), [frame]);
  return (
    <Pane
      {...shared}
      name={t.planeNames[plane.name]}
      frame={frame}
      labels={shown}
      spacing={plane.spacing}
      slice={slice}
      slices={plane.slices}
      measurements={shared.measurements[plane.name] ?? []}
      onMeasure={(line) => shared.onMeasure(plane.name, line)}
      onSlice={setSlice}
    >
      {t.planeNames[plane.name]}
    </Pane>
  );
}
