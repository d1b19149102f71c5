import { parametersOf, type Analytic, type AnnotationContent, type Item, type Job } from '@fovea/contract';
import { addProposals, maskGeometry, outlinesOf, tiledMask, type Editor } from '@fovea/editor';
import { fovea } from '../../../api/client.ts';
import { annotateTexts as t } from '../../../texts-annotate.ts';
import { flipGeometry, flipsOf } from './upright.ts';
import type { Workbench } from './workbench.ts';

/** Kinds of item of which the platform draws a frame, or a slice, for models that take pictures. */
const framed: readonly Item['kind'][] = ['video', 'dicom', 'nifti'];

const inputOf = ({ manifest }: Analytic) => manifest.inputs.find(({ required }) => required);

/** Whether an analytic takes items of this kind: as they are, or a frame of them. */
function takes(analytic: Analytic, kind: Item['kind']): boolean {
  const needed = analytic.manifest.inputs.filter(({ required }) => required);
  const media = needed.length === 1 ? (needed[0]?.media ?? []) : [];
  return !analytic.pending && !analytic.deprecated && (media.includes(kind) || (media.includes('image') && framed.includes(kind)));
}

/** Analytics that find labels on one item of this kind, without being told anything more. */
export function labelersFor(analytics: readonly Analytic[], { kind }: Pick<Item, 'kind'>): Analytic[] {
  return analytics.filter((analytic) => {
    const { manifest } = analytic;
    // A model that must be told where to look finds nothing by itself.
    if (manifest.runtime.kind === 'onnx' && manifest.runtime['prompt'] !== undefined) return false;
    return takes(analytic, kind) && manifest.outputs.some(({ type }) => type === 'labels') && manifest.parameters.every(({ required }) => !required);
  });
}

/** Analytics that can be asked what lies at one place of an item of this kind. */
export function askable(analytics: readonly Analytic[], { kind }: Pick<Item, 'kind'>): Analytic[] {
  return analytics.filter((analytic) => {
    const parameters = parametersOf(analytic.manifest);
    const takesPlace = parameters.some(({ name, type }) => name === 'point' && type === 'array');
    const needsMore = parameters.some(({ name, required }) => required && name !== 'point');
    return takes(analytic, kind) && takesPlace && !needsMore;
  });
}

/** Those that the recipe of the task in hand allows to everybody who holds it. */
export function allowedIn({ labeling, task }: Workbench, analytics: readonly Analytic[]): Analytic[] {
  const allowed = new Set(task ? (labeling.suggestions ?? []) : []);
  return analytics.filter(({ name, version }) => allowed.has(name) || allowed.has(`${name}@${version}`));
}

export interface Asking {
  readonly bench: Workbench;
  readonly analytic: Analytic;
  /** Whether the person may run jobs; if not, the task in hand is what allows it. */
  readonly mayRun: boolean;
}

/** Has an analytic look at what is shown; its labels are there as suggestions when this is done. Gives how many there are more. */
export async function suggest(asking: Asking): Promise<number> {
  const { bench } = asking;
  await fovea.jobs.wait((await begin(asking, undefined)).id);
  const before = bench.editor.document.size;
  await bench.catchUp();
  return bench.editor.document.size - before;
}

/** Asks what lies at a place; the answer becomes a proposal with the label in hand. Gives the number of shapes. */
export async function askModel(asking: Asking, at: readonly [number, number]): Promise<number> {
  const { editor, item } = asking.bench;
  const { activeLabel: label, frame } = editor;
  const size = editor.picture;
  const flips = flipsOf(item);
  const point: [number, number] = [flips?.x ? size.width - at[0] : at[0], flips?.y ? size.height - at[1] : at[1]];
  const done = await fovea.jobs.wait((await begin(asking, point)).id);
  const upright = (content: AnnotationContent): AnnotationContent => (flips ? { ...content, geometry: flipGeometry(content.geometry, size, flips) } : content);
  const place = size.frames === undefined ? {} : { frame, endFrame: null };
  const contents = shapesOf(done).flatMap((content) => asDrawn(editor, { ...upright(content), ...place, label }));
  const ids = addProposals(editor, contents);
  if (ids.length > 0 && editor.frame === frame) editor.selection.set(ids);
  return ids.length;
}

/** The job, on the item and frame that are shown. @throws ApiError when neither the role nor the task allows it */
async function begin({ bench, analytic, mayRun }: Asking, point: [number, number] | undefined): Promise<Job> {
  const { item, task, stack, editor } = bench;
  const input = inputOf(analytic);
  const { itemId, frame } = stack?.places[editor.frame] ?? { itemId: item.id, frame: editor.frame };
  const isDrawn = input !== undefined && !input.media.includes(item.kind);
  const more = { analytic: `${analytic.name}@${analytic.version}`, ...(isDrawn && { frame }) };
  if (mayRun) return fovea.jobs.create({ ...more, project: item.projectId, inputs: { [input?.name ?? '']: [itemId] }, attachLabels: point === undefined, parameters: point ? { point } : {} });
  if (!task || task.itemId !== itemId) throw new Error(t.assist.otherSlice);
  return fovea.tasks.suggest(task.id, { ...more, ...(point && { point }) });
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
