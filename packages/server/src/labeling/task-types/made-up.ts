import { newId, type AnnotationGeometry, type Attributes } from '@fovea/contract';
import { answerOf } from './answers.ts';
import { geometriesOf, leaves } from './labels.ts';
import { drawnFamilies, familyOf } from './params.ts';
import { isObject, type Json, type Media, type Work, type WorkAnnotation } from './work.ts';

const side = 100;

/** Valid work of the task's type that nobody did: what a test-mode task completes itself with. */
export function madeUpWork({ type, params }: { type: string; params: Json }): Work {
  const files = Array.isArray(params['attachments']) ? params['attachments'].length : 0;
  const media: Media = { width: side, height: side, frames: files > 0 ? 1 : 3, fps: 1, pages: Math.max(files, 1) };
  return { type, params, annotations: annotationsFor(type, params), answers: answersFor(type, params), media };
}

function annotationsFor(type: string, params: Json): WorkAnnotation[] {
  const attributes = attributesFor(params);
  const make = (label: string, geometry: AnnotationGeometry): WorkAnnotation => ({ id: newId(), type: geometry.type, label, geometry, attributes, frame: null, endFrame: null, confidence: null, source: 'import', page: 0 });
  switch (familyOf(type)) {
    case 'vector':
    case 'video':
    case 'playback':
      return geometriesOf(type, params).map(({ kind, leaves: own, options }) => make(own[0]?.choice ?? 'object', shapeFor(kind, options)));
    case 'segmentation':
      return leaves(params['labels']).slice(0, 10).map((leaf, index) => make(leaf.choice, { type: 'box', x: index * 10, y: 0, width: 10, height: side / 2 }));
    case 'lidar':
    case 'points':
      return leaves(params['labels']).slice(0, 1).map((leaf) => make(leaf.choice, { type: 'cuboid', center: [5, 0, 1], size: [4, 2, 1.5], rotation: [0, 0, 0] }));
    case 'document':
      return documentLabels(params).map((label) => ({ ...make(label, { type: 'box', x: 10, y: 10, width: 60, height: 12 }), attributes: { ...attributes, text: 'text' } }));
    case 'entities':
      return entityFor(params, make);
    default:
      return [];
  }
}

function shapeFor(kind: string, options: Json): AnnotationGeometry {
  const large = (key: string) => Math.max(40, Number(options[key]) || 0);
  switch (kind) {
    case 'polygon':
      return { type: 'polygon', points: ring(Math.max(3, Number(options['min_vertices']) || 0)) };
    case 'line':
      return { type: 'polyline', points: ring(Math.max(2, Number(options['min_vertices']) || 0)) };
    case 'point':
      return { type: 'point', x: 50, y: 50 };
    case 'ellipse':
      return { type: 'ellipse', cx: 50, cy: 50, rx: 30, ry: 20, angle: 0 };
    case 'cuboid':
      return { type: 'cuboid', vertices: [[10, 20], [60, 20], [60, 70], [10, 70], [25, 10], [75, 10], [75, 60], [25, 60]] };
    default:
      return { type: 'box', x: 10, y: 10, width: large('min_width'), height: large('min_height') };
  }
}

function ring(corners: number): [number, number][] {
  return Array.from({ length: corners }, (_, index) => {
    const angle = (2 * Math.PI * index) / corners;
    return [50 + 30 * Math.cos(angle), 50 + 30 * Math.sin(angle)];
  });
}

function entityFor(params: Json, make: (label: string, geometry: AnnotationGeometry) => WorkAnnotation): WorkAnnotation[] {
  const [leaf] = leaves(params['labels']);
  const text = typeof params['text'] === 'string' ? params['text'] : '';
  const word = /\S+/.exec(text);
  if (!leaf || !word) return [];
  return [make(leaf.choice, { type: 'text', text: word[0], start: word.index, end: word.index + word[0].length })];
}

function documentLabels(params: Json): string[] {
  const features = Array.isArray(params['features']) ? (params['features'] as unknown[]) : [];
  return features.flatMap((feature) => (isObject(feature) && typeof feature['label'] === 'string' ? [feature['label']] : [])).slice(0, 10);
}

function attributesFor(params: Json): Attributes {
  const definitions = isObject(params['annotation_attributes']) ? params['annotation_attributes'] : {};
  return Object.fromEntries(
    Object.entries(definitions).flatMap(([key, definition]): [string, Attributes[string]][] => {
      if (!isObject(definition)) return [];
      const choice = leaves(definition['choices'])[0]?.choice ?? '';
      switch (definition['type'] ?? 'category') {
        case 'category':
          return [[key, definition['allow_multiple'] === true ? [choice] : choice]];
        case 'text':
          return [[key, 'text']];
        case 'linked':
          return [];
        default:
          return [[key, typeof definition['min'] === 'number' ? definition['min'] : 0]];
      }
    }),
  );
}

function answersFor(type: string, params: Json): Json {
  switch (familyOf(type)) {
    case 'category':
      return categoryFor(params);
    case 'comparison':
      return { ...(Array.isArray(params['choices']) ? { choice: params['choices'][0] } : {}), ...(isObject(params['fields']) ? { fields: textFor(params['fields']) } : {}) };
    case 'fields':
      return { fields: { ...textFor(params['fields']), ...Object.fromEntries(Object.entries(textFor(params['repeatable_fields'])).map(([key, text]) => [key, [text]])) } };
    case 'audio':
      return { transcript: 'text', duration: 1 };
    case 'collection':
      return { annotations: Object.fromEntries(fieldsIn(params['fields']).map((field) => [field['field_id'], fieldAnswer(field)])) };
    case 'points':
      return { points: [] };
    case 'free':
      return { annotations: [] };
    default:
      return {};
  }
}

function categoryFor(params: Json): Json {
  if (isObject(params['taxonomies'])) {
    const pick = (definition: unknown) => leaves(isObject(definition) ? (definition['choices'] ?? definition['categories']) : definition)[0]?.choice ?? '';
    return { taxonomies: Object.fromEntries(Object.entries(params['taxonomies']).map(([key, definition]) => [key, isObject(definition) && definition['allow_multiple'] === true ? [pick(definition)] : pick(definition)])) };
  }
  return { category: leaves(params['categories'])[0]?.choice ?? '' };
}

function textFor(fields: unknown): Json {
  return isObject(fields) ? Object.fromEntries(Object.keys(fields).map((key) => [key, 'text'])) : {};
}

function fieldsIn(fields: unknown): Json[] {
  return Array.isArray(fields) ? fields.filter((field): field is Json => isObject(field) && typeof field['field_id'] === 'string') : [];
}

function fieldAnswer(field: Json): unknown {
  const one = ((): unknown => {
    switch (field['type']) {
      case 'number':
        return typeof field['min'] === 'number' ? field['min'] : 1;
      case 'boolean':
        return true;
      case 'datetime':
        return '2026-01-01T00:00:00.000Z';
      case 'category': {
        const [choice] = Array.isArray(field['choices']) ? (field['choices'] as unknown[]) : [];
        return isObject(choice) ? (choice['value'] ?? choice['label'] ?? '') : (choice ?? '');
      }
      case 'field_set':
      case 'form':
        return Object.fromEntries(fieldsIn(field['fields']).map((inner) => [inner['field_id'], fieldAnswer(inner)]));
      default:
        return 'text';
    }
  })();
  return typeof field['max_responses_required'] === 'number' && field['max_responses_required'] > 1 ? [one] : one;
}

/** The answer to a task that nobody did: what was drawn as the platform keeps annotations, and what was said. */
export function madeUpAnswer(task: { type: string; params: Json }): Json {
  const work = madeUpWork(task);
  const annotations = work.annotations.map(({ page: _page, ...annotation }) => annotation);
  return drawnFamilies.has(familyOf(task.type)) ? { ...work.answers, annotations } : answerOf(work);
}
