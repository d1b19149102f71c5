import { z } from 'zod';
import { annotationTypes, type AnnotationType } from './annotation-geometry.ts';
import { operation } from './operation.ts';
import { id, name, page, pageQuery, time } from './primitives.ts';
import { reference } from './projects.ts';

export const labelName = z
  .string()
  .trim()
  .min(1, 'must not be empty')
  .max(500, 'must have at most 500 characters')
  .refine((text) => !/[\u0000-\u001f\u007f]/.test(text), { error: 'must not contain control characters' });

export const recipeLabel = z.strictObject({
  name: labelName.describe('What annotations carry'),
  color: z.string().regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #1f9eff').optional(),
  displayName: z.string().max(500).optional(),
  parent: labelName.optional().describe('Name of the label above it'),
  geometry: z.array(z.enum(annotationTypes as [AnnotationType, ...AnnotationType[]])).optional().describe('Shapes it may have; all when left out'),
  attributes: z.array(z.string()).optional().describe('Keys of its attributes; all when left out'),
  keypoints: z.array(z.string()).optional().describe('Names of the points of a skeleton'),
  skeleton: z.array(z.tuple([z.int().min(0), z.int().min(0)])).optional().describe('Pairs of indices into `keypoints`'),
});
export type RecipeLabel = z.infer<typeof recipeLabel>;

export const recipeAttribute = z
  .strictObject({
    key: z.string().min(1).max(200),
    title: z.string().max(500).optional(),
    type: z.enum(['text', 'number', 'boolean', 'one_of', 'many_of']),
    values: z.array(z.string().max(500)).max(1_000).optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    required: z.boolean().default(false),
    perFrame: z.boolean().default(false),
  })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, { path: ['max'], message: 'must not be below min' });
export type RecipeAttribute = z.infer<typeof recipeAttribute>;

const content = {
  labels: z.array(recipeLabel).max(10_000).default([]),
  attributes: z.array(recipeAttribute).max(1_000).default([]),
  instructions: z.string().max(200_000).default('').describe('Markdown'),
  allowNewLabels: z.boolean().default(false).describe('Labels that are not listed are added when they are first used'),
  params: z.record(z.string(), z.unknown()).default({}).describe('Defaults that tasks inherit'),
};

const suggestions = z
  .array(z.string().regex(/^[a-z0-9][a-z0-9_-]{0,63}\/[a-z0-9][a-z0-9._-]{0,63}(@[0-9A-Za-z.-]+)?$/, 'must be `owner/name`, or `owner/name@version`'))
  .max(50)
  .describe('Analytics that people who hold a task may ask for suggestions, whatever their role');

export const recipe = z.object({
  id,
  projectId: id,
  name: z.string(),
  version: z.int().describe('Rises with every change; tasks keep theirs'),
  labels: z.array(recipeLabel),
  attributes: z.array(recipeAttribute),
  instructions: z.string(),
  allowNewLabels: z.boolean(),
  params: z.record(z.string(), z.unknown()),
  suggestions,
  createdBy: z.string(),
  createdAt: time,
  updatedAt: time,
});
export type Recipe = z.infer<typeof recipe>;

const one = z.object({ recipe: id });

export const recipes = {
  create: operation({
    id: 'recipes.create',
    method: 'POST',
    path: '/v1/recipes',
    summary: 'Creates a recipe: what may be labeled and how.',
    audience: 'manager',
    body: z.object({ project: reference, name, ...content, suggestions: suggestions.optional() }).strict(),
    result: recipe,
    status: 201,
    errors: ['not_found', 'forbidden'],
  }),
  list: operation({ id: 'recipes.list', method: 'GET', path: '/v1/recipes', summary: 'Lists the recipes of a project, newest first.', audience: 'annotator', query: pageQuery.extend({ project: reference }), result: page(recipe), errors: ['not_found'] }),
  get: operation({
    id: 'recipes.get',
    method: 'GET',
    path: '/v1/recipes/{recipe}',
    summary: 'Gets a recipe: its newest version, or an older one.',
    audience: 'annotator',
    params: one,
    query: z.object({ version: z.coerce.number().int().min(1).optional() }),
    result: recipe,
    errors: ['not_found'],
  }),
  update: operation({
    id: 'recipes.update',
    method: 'PATCH',
    path: '/v1/recipes/{recipe}',
    summary: 'Changes a recipe by making a new version of it; what is left out stays.',
    audience: 'manager',
    params: one,
    body: z
      .object({
        name: name.optional(),
        labels: content.labels.unwrap().optional(),
        attributes: content.attributes.unwrap().optional(),
        instructions: content.instructions.unwrap().optional(),
        allowNewLabels: z.boolean().optional(),
        params: content.params.unwrap().optional(),
        suggestions: suggestions.optional(),
      })
      .strict(),
    result: recipe,
    errors: ['not_found', 'forbidden', 'revision_conflict'],
  }),
  versions: operation({ id: 'recipes.versions', method: 'GET', path: '/v1/recipes/{recipe}/versions', summary: 'Lists the versions of a recipe, newest first.', audience: 'annotator', params: one, query: pageQuery, result: page(recipe), errors: ['not_found'] }),
  delete: operation({ id: 'recipes.delete', method: 'DELETE', path: '/v1/recipes/{recipe}', summary: 'Deletes a recipe; tasks that were made with it keep their version.', audience: 'manager', params: one, errors: ['not_found', 'forbidden'] }),
};
