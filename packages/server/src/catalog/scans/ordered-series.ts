import type { OrderedSeries as Described } from '@fovea/contract';
import type { InstanceSummary, OrderedSeries } from '@fovea/medical/dicom/series.ts';
import type { StoredItem } from '../items/store.ts';

/** The order of a series' items as the contract words it. */
export function describeOrder(order: OrderedSeries<InstanceSummary>): Omit<Described, 'series' | 'studyInstanceUid' | 'patientId' | 'modality' | 'description' | 'bodyPart' | 'instances' | 'frames' | 'sizeBytes'> {
  return {
    orderedBy: order.orderedBy,
    spacing: order.spacing ?? null,
    items: order.instances.map(({ instance, place }) => {
      const item = instance['item'] as StoredItem;
      const uid = instance['sopInstanceUid'];
      const number = instance['instanceNumber'];
      return {
        id: item.id,
        path: item.path,
        sopInstanceUid: typeof uid === 'string' ? uid : null,
        instanceNumber: typeof number === 'number' ? number : null,
        frames: item.frames,
        place: place ?? null,
        problem: item.problem,
      };
    }),
    gaps: order.gaps.map((gap) => ({ ...gap })),
    duplicates: order.duplicates.map(({ kind, indices }) => ({ kind, indices: [...indices] })),
    notes: [...order.notes],
  };
}
