import type { AnnotationGeometry, Attributes, Keyframe } from '@fovea/contract';
import { blend } from './blend.ts';
import { majority, mergeGeometries } from './consensus.ts';
import { annotationSimilarity } from './track-similarity.ts';
import type { Track } from './tracks.ts';
import type { Size } from './types.ts';

/** What one person says of the object at a frame. */
interface Said {
  geometry: AnnotationGeometry;
  occluded: boolean;
  outside: boolean;
  attributes: Attributes;
}

/**
 * One track out of several people's of one object, whose key frames differ from person to person: it has a key frame wherever one of them
 * has one, and there says what they say together, each person's track being interpolated.
 *
 * - it begins when at least half of the people have begun, and ends when fewer than half go on;
 * - the object is in the picture where at least half of the people see it there, and occluded where more than half of these say so;
 * - the geometry is that of `mergeGeometries`; polygons, and what has no mean, are those of the person who is most like the others, so that
 *   their corners stay the same ones from key frame to key frame;
 * - each attribute has its most frequent value.
 *
 * Tracks of another type than most are left out. Undefined of none.
 * @param size of the picture, the grid on which masks are voted.
 */
export function consensusTrack(tracks: readonly Track[], size: Size): Track | undefined {
  const known = tracks.filter(({ keyframes }) => keyframes.length > 0);
  const type = majority(known.map(({ keyframes }) => keyframes[0]?.geometry.type))?.value;
  const same = mostAlikeFirst(known.filter(({ keyframes }) => keyframes[0]?.geometry.type === type));
  if (same.length <= 1) return same[0];
  // The first frame and the last one that half of the people agree on.
  const half = Math.ceil(same.length / 2) - 1;
  const from = same.map(startOf).toSorted((a, b) => a - b)[half] ?? 0;
  const to = same.map(({ endFrame }) => endFrame).toSorted((a, b) => b - a)[half] ?? from;
  const turns = same.flatMap(({ keyframes, endFrame }) => [...keyframes.map(({ frame }) => frame), endFrame + 1]);
  const frames = [...new Set([from, ...turns])].filter((frame) => frame >= from && frame <= to).toSorted((a, b) => a - b);
  const walks = same.map(walk);
  const keyframes: Keyframe[] = [];
  const told: Attributes = {};
  for (const frame of frames) {
    const said = walks.map((at) => at(frame)).filter((one) => one !== undefined);
    const made = together(frame, said, { people: same.length, size, before: keyframes.at(-1) });
    if (made) keyframes.push({ ...made, ...whatIsNew(told, said) });
  }
  return { keyframes, endFrame: to };
}

const startOf = ({ keyframes }: Track): number => keyframes[0]?.frame ?? 0;

/** Who agrees most with all others comes first; of equals, who came first. */
function mostAlikeFirst(tracks: readonly Track[]): Track[] {
  const placed = tracks.map(({ keyframes, endFrame }) => ({ keyframes: [...keyframes], geometry: keyframes[0]?.geometry, frame: null, endFrame }));
  const likeness = placed.map((one) => placed.reduce((sum, other) => (one === other || !one.geometry || !other.geometry ? sum : sum + annotationSimilarity({ ...one, geometry: one.geometry }, { ...other, geometry: other.geometry })), 0));
  return tracks.map((track, index) => ({ track, like: likeness[index] ?? 0 })).toSorted((a, b) => b.like - a.like).map(({ track }) => track);
}

/** Gives what a track says at frames that are asked for in ascending order; undefined where it has not begun or is over. */
function walk({ keyframes, endFrame }: Track): (frame: number) => Said | undefined {
  let index = -1;
  const attributes: Attributes = {};
  return (frame) => {
    for (let next = keyframes[index + 1]; next !== undefined && next.frame <= frame; next = keyframes[index + 1]) {
      Object.assign(attributes, next.attributes);
      index += 1;
    }
    const [current, next] = [keyframes[index], keyframes[index + 1]];
    if (current === undefined || frame > endFrame) return undefined;
    const geometry = next === undefined ? current.geometry : blend(current.geometry, next.geometry, (frame - current.frame) / (next.frame - current.frame));
    return { geometry, occluded: current.occluded ?? false, outside: current.outside ?? false, attributes: { ...attributes } };
  };
}

/** What people say together of a frame; undefined where nobody says anything and nothing was said before. */
function together(frame: number, said: readonly Said[], { people, size, before }: { people: number; size: Size; before: Keyframe | undefined }): Keyframe | undefined {
  const there = said.filter(({ outside }) => !outside);
  const isThere = there.length > 0 && there.length * 2 >= people;
  const of = isThere ? there : said;
  const merged = mergePlaces(of.map(({ geometry }) => geometry), size) ?? before?.geometry;
  if (merged === undefined) return undefined;
  return {
    frame,
    geometry: before === undefined ? merged : turnedLike(merged, before.geometry),
    ...(isThere ? {} : { outside: true }),
    ...(of.filter(({ occluded }) => occluded).length * 2 > of.length ? { occluded: true } : {}),
  };
}

/** Outlines are one person's: outlines that are voted anew at each key frame have other corners at each. */
function mergePlaces(places: readonly AnnotationGeometry[], size: Size): AnnotationGeometry | undefined {
  return places[0]?.type === 'polygon' ? places[0] : mergeGeometries(places, size);
}

/** A box that is turned by half a turn is the same box; the angle is the one nearest to the box before, so that it does not spin between the two. */
function turnedLike(geometry: AnnotationGeometry, before: AnnotationGeometry): AnnotationGeometry {
  if (geometry.type !== 'rotated_box' || before.type !== 'rotated_box') return geometry;
  return { ...geometry, angle: geometry.angle + Math.round((before.angle - geometry.angle) / Math.PI) * Math.PI };
}

/** The attributes that are not what they were before, which `told` holds and is told of. */
function whatIsNew(told: Attributes, said: readonly Said[]): { attributes?: Attributes } {
  const changed: Attributes = {};
  for (const name of new Set(said.flatMap(({ attributes }) => Object.keys(attributes)))) {
    const text = majority(said.filter(({ attributes }) => Object.hasOwn(attributes, name)).map(({ attributes }) => JSON.stringify(attributes[name])))?.value;
    if (text === undefined || (Object.hasOwn(told, name) && JSON.stringify(told[name]) === text)) continue;
    changed[name] = told[name] = JSON.parse(text) as Attributes[string];
  }
  return Object.keys(changed).length === 0 ? {} : { attributes: changed };
}
