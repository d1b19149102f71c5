import { parametersOf, type Analytic, type AnnotationContent, type Item, type Job } from '@fovea/contract';
import { addProposals, maskGeometry, outlinesOf, tiledMask, type Editor } from '@fovea/editor';
import { fovea } from '../../../api/client.ts';

/** Analytics that can be asked what lies at one place of an item of this kind. */
export function askable(analytics: readonly Analytic[], { kind }: Pick<Item, 'kind'>): Analytic[] {
  return analytics.filter(({ manifest, pending, deprecated }) => {
    const needed = manifest.inputs.filter(({ required }) => required);
    const parameters = parametersOf(manifest);
    const takesPlace = parameters.some(({ name, type }) => name === 'point' && type === 'array');
    const needsMore = parameters.some(({ name, required }) => required && name !== 'point');
    return !pending && !deprecated && needed.length === 1 && needed[0]?.media.includes(kind) === true && takesPlace && !needsMore;
  });
}

/** Asks what lies at a place; the answer becomes a proposal with the label in hand. Gives the number of shapes. */
export async function askModel(editor: Editor, { analytic, item, at }: { analytic: Analytic; item: Item; at: readonly [number, number] }): Promise<number> {
  const input = analytic.manifest.inputs.find(({ required }) => required)?.name ?? '';
  const label = editor.activeLabel;
  const job = await fovea.jobs.create({ project: item.projectId, analytic: `${analytic.name}@${analytic.version}`, inputs: { [input]: [item.id] }, parameters: { point: [...at] } });
  const done = await fovea.jobs.wait(job.id);
  const contents = shapesOf(done).flatMap((content) => asDrawn(editor, { ...content, label }));
  const ids = addProposals(editor, contents);
  if (ids.length > 0) editor.selection.set(ids);
  return ids.length;
}

function shapesOf({ summary }: Job): AnnotationContent[] {
  const shapes = summary?.['shapes'];
  return Array.isArray(shapes) ? (shapes as AnnotationContent[]) : [];
}

/** As the other smart tools draw: as polygons, or as a mask where that is set or the label is one. */
function asDrawn(editor: Editor, content: AnnotationContent): AnnotationContent[] {
  const { geometry } = content;
  if (geometry.type !== 'mask') return [content];
  const { settings, labels, picture } = editor;
  const mask = tiledMask(geometry);
  if (mask.width !== picture.width || mask.height !== picture.height) return [];
  const wantsMask = settings.smartShape === 'mask' || !labels.allows(content.label, 'polygon');
  if (wantsMask) return [{ ...content, geometry: maskGeometry(mask) }];
  return outlinesOf(mask, settings.simplifyTolerance).map((polygon) => ({ ...content, type: 'polygon', geometry: polygon }));
}
