import { z } from 'zod';
import { annotationContent } from './annotation-geometry.ts';

/** What a task is answered with, by its family. What is drawn lies with the item; the answers here are what is said besides. */
const one = z.union([z.string(), z.number(), z.boolean()], 'must be a text, a number or true or false');
const texts = z.array(z.string('must be text'), 'must be an array of texts');
const fieldText = z.string('must be text');
const drawn = z.looseObject({
  annotations: z.union([z.array(z.record(z.string(), z.unknown())), z.record(z.string(), z.unknown())], 'must be an array of annotations').optional().describe('What was drawn; otherwise the annotations of the task'),
  global_attributes: z.record(z.string(), z.unknown(), 'must be an object').optional().describe('Answers for the whole task'),
  links: z.array(z.unknown(), 'must be an array').optional(),
});
const span = z.looseObject({
  id: z.string('is required'),
  start: z.int('must be a whole number').min(0, 'must be from 0'),
  end: z.int('must be a whole number').min(1, 'must be from 1'),
  text: z.string('is required'),
  label: z.string('is required'),
  attributes: z.record(z.string(), z.unknown()).optional(),
});
const category = z.union([z.string(), texts], 'must be one of the categories, or an array of them');

export const responseSchemas = {
  drawn,
  category: z
    .looseObject({ category: category.optional(), category_id: z.unknown().optional(), taxonomies: z.record(z.string(), category, 'must be an object with an answer for each taxonomy').optional() })
    .refine((answer) => answer.category !== undefined || answer.taxonomies !== undefined, { path: ['category'], error: 'is required' }),
  comparison: z
    .looseObject({ choice: one.optional(), fields: z.record(z.string(), fieldText, 'must be an object of texts').optional() })
    .refine((answer) => answer.choice !== undefined || answer.fields !== undefined, { path: ['choice'], error: 'is required' }),
  fields: z.looseObject({ fields: z.record(z.string(), z.union([z.string(), z.array(z.unknown())], 'must be text, or an array where the field may be repeated'), 'must be an object of texts') }),
  audio: z
    .looseObject({ transcript: fieldText.optional(), duration: z.number('must be a number of seconds').min(0).optional(), error: fieldText.optional() })
    .refine((answer) => answer.transcript !== undefined || answer.error !== undefined, { path: ['transcript'], error: 'is required' }),
  entities: z.looseObject({ annotations: z.array(span, 'must be an array of spans'), relationships: z.array(z.looseObject({ source_ref: z.string('is required'), target_ref: z.string('is required') }), 'must be an array') }),
  collection: z.looseObject({ annotations: z.record(z.string(), z.unknown(), 'must be an object with an answer for each field') }),
  free: z.looseObject({}),
};

/** What is drawn in a made-up response: annotations as the platform keeps them. */
export const drawnAnnotations = z.looseObject({ annotations: z.array(annotationContent) });
