import { newId, type AnnotationContent, type Attributes } from '@fovea/contract';
import { consensusTrack, majority, matchOptimally, mergeGeometries, type Placed } from '@fovea/geometry';
import type { NewAnnotation, StoredAnnotation } from '../annotations/store.ts';
import { likenessBy } from './report.ts';
import { contentOf, type AnsweredItem } from './store.ts';

export interface MergeRule {
  threshold: number;
  pointDistance: number;
  /** Undefined: more than half of the people. */
  minVotes: number | undefined;
}

/** What was made of several people's answers, and who found it. */
export interface Merged {
  content: AnnotationContent;
  people: string[];
  votes: number;
}

/** One object as several people found it. */
interface Cluster {
  members: StoredAnnotation[];
  people: Set<string>;
}

/**
 * One set of annotations out of several people's. Objects are gathered person by person: each is matched (so that the total likeness is
 * greatest) with the clusters that hold nobody of theirs yet. A cluster that enough people voted for becomes an annotation: geometry as
 * {@link mergeGeometries} says, of a track as {@link consensusTrack} says, label, attributes and stretch of frames by majority.
 */
export function mergeAnswers(item: AnsweredItem, rule: MergeRule): Merged[] {
  const answers = [...new Map(item.answers.map((answer) => [answer.by, answer])).values()];
  const votesNeeded = rule.minVotes ?? Math.floor(answers.length / 2) + 1;
  const likeness = likenessBy(rule.pointDistance);
  const clusters: Cluster[] = [];
  for (const { by, annotations } of answers) {
    const { pairs, unmatchedB } = matchOptimally(
      clusters.map(({ members }) => members),
      annotations,
      (members, annotation) => Math.max(...members.map((member) => likeness(contentOf(member), contentOf(annotation)))),
      rule.threshold,
    );
    for (const { a, b } of pairs) {
      const [cluster, annotation] = [clusters[a], annotations[b]];
      if (cluster && annotation) {
        cluster.members.push(annotation);
        cluster.people.add(by);
      }
    }
    for (const index of unmatchedB) {
      const annotation = annotations[index];
      if (annotation) clusters.push({ members: [annotation], people: new Set([by]) });
    }
  }
  return clusters.filter(({ people }) => people.size >= votesNeeded).flatMap((cluster) => merged(cluster, item) ?? []);
}

function merged({ members, people }: Cluster, item: AnsweredItem): Merged | undefined {
  const label = majority(members.map((member) => member.label))?.value;
  const place = placeOf(members, label, { width: item.width, height: item.height });
  if (label === undefined || place === undefined) return undefined;
  const content: AnnotationContent = {
    type: place.geometry.type,
    label,
    attributes: majorityOf(members.map((member) => member.attributes)),
    confidence: Math.round((people.size / item.answers.length) * 1e4) / 1e4,
    source: 'human',
    ...place,
  };
  return { content, people: [...people].toSorted(), votes: people.size };
}

/** Where and when the object is: a track where at least half of the people drew one. */
function placeOf(members: readonly StoredAnnotation[], label: string | undefined, size: { width: number; height: number }): Placed | undefined {
  const tracks = members.flatMap(({ keyframes, endFrame }) => (keyframes === undefined ? [] : [{ keyframes, endFrame: endFrame ?? keyframes.at(-1)?.frame ?? 0 }]));
  const track = tracks.length * 2 >= members.length ? consensusTrack(tracks, size) : undefined;
  const [start] = track?.keyframes ?? [];
  if (track && start) return { geometry: start.geometry, frame: start.frame, endFrame: track.endFrame, keyframes: [...track.keyframes] };
  const stills = members.filter((member) => member.keyframes === undefined);
  const geometry = mergeGeometries(stills.map((member) => member.geometry), size);
  const like = stills.find((member) => member.label === label) ?? stills[0];
  return geometry && like && { geometry, frame: like.frame, endFrame: like.endFrame };
}

/** Each attribute's most frequent value. */
function majorityOf(all: readonly Attributes[]): Attributes {
  const keys = [...new Set(all.flatMap((attributes) => Object.keys(attributes)))];
  return Object.fromEntries(
    keys.map((key) => {
      const value = majority(all.filter((attributes) => key in attributes).map((attributes) => JSON.stringify(attributes[key])))?.value;
      return [key, value === undefined ? null : (JSON.parse(value) as Attributes[string])];
    }),
  );
}

/** The rows of what was merged. */
export function mergedRows(of: { orgId: string; projectId: string; datasetId: string; itemId: string; batchId: string; by: string }, results: readonly (Merged & { blob: string | null })[]): NewAnnotation[] {
  return results.map(({ content, people, votes, blob }) => ({
    id: newId(),
    orgId: of.orgId,
    projectId: of.projectId,
    datasetId: of.datasetId,
    itemId: of.itemId,
    type: content.type,
    label: content.label,
    geometry: content.geometry,
    attributes: content.attributes,
    frame: content.frame,
    endFrame: content.endFrame,
    keyframes: content.keyframes ?? null,
    confidence: content.confidence,
    source: content.source,
    group: null,
    zOrder: null,
    status: null,
    metadata: { consensus: { batchId: of.batchId, votes, people } },
    blob,
    taskId: null,
    draft: false,
    origin: null,
    externalId: null,
    extra: null,
    createdBy: of.by,
  }));
}

