import { manifest } from '@fovea/analytics/photo-studio/manifest.ts';
import { z } from 'zod';
import { Fault } from '../../fault.ts';

/** The fields of a profile that are parameters of the photo studio, by their own names. */
export const profileFields = [
  'enable_color', 'color_preset', 'color_red', 'color_green', 'color_blue', 'color_density', 'color_contrast',
  'color_shadow_contrast', 'color_midtone_contrast', 'color_highlight_contrast', 'color_gamma', 'color_saturation',
  'enable_crop', 'crop_size_x', 'crop_size_y', 'crop_position_x', 'crop_position_y', 'crop_scale', 'enable_head_top', 'head_top_margin',
  'enable_retouch', 'enable_retouch_full_body', 'enable_enhanced_retouch', 'retouch_preset',
  'enable_extract', 'remove_spill', 'turbo_spill', 'replace_background', 'dual_file_output', 'output_file_type',
  'enable_teeth', 'enable_glare', 'enable_glare_combo', 'enable_braces', 'print_crop_params', 'print_color_params',
  'enable_no_image_output', 'enable_strip_png_metadata', 'enable_srgb_output', 'enable_qr_code_parse', 'exif_keys',
] as const;

/** The most pixels that a crop may have. */
const maxCropArea = 27_000_000;

const parameters = new Map(manifest.parameters.map((parameter) => [parameter.name, parameter]));

/** The value of each field where a profile does not say. */
export const profileDefaults: Record<string, unknown> = Object.fromEntries(profileFields.map((name) => [name, parameters.get(name)?.default]));

function fieldSchema(name: string): z.ZodType {
  const parameter = parameters.get(name);
  switch (parameter?.type) {
    case 'boolean':
      return z.boolean('must be true or false');
    case 'integer':
    case 'number': {
      const { min, max } = parameter;
      const range = z.number('must be a number').min(min ?? -Infinity, `must be at least ${min}`).max(max ?? Infinity, `must be at most ${max}`);
      return parameter.type === 'integer' ? range.int('must be a whole number') : range;
    }
    case 'choice':
      return z.enum(parameter.choices as [string, ...string[]], `must be one of ${parameter.choices?.join(', ')}`);
    case 'array':
      return z.array(z.string('must be text'), 'must be an array of texts').max(100, 'must have at most 100 entries');
    case 'string':
      return z.string('must be text').max(1_000, 'must have at most 1,000 characters');
    default:
      throw new Error(`The photo studio has no parameter "${name}" that this door can pass on.`);
  }
}

const nameText = z.string('must be text').trim().min(1, 'must not be empty').max(200, 'must have at most 200 characters');
const id = z.union([z.int('must be a whole number').positive(), z.string().regex(/^\d{1,15}$/, 'must be a whole number').transform(Number)], 'must be a whole number');
const given = z.object({
  name: nameText,
  description: z.string('must be text').max(10_000, 'must have at most 10,000 characters').optional(),
  ...Object.fromEntries(profileFields.map((field) => [field, fieldSchema(field).nullish()])),
});

export const profileCreate = given;
export const profileUpdate = given.partial();
export const jobCreate = z.object({
  name: nameText.nullish(),
  profile_id: id.nullish(),
  type: z.enum(['regular', 'training'], 'must be regular or training').default('regular'),
  preset_type: z.string('must be text').max(200).nullish(),
});
export const jobUpdate = z.object({
  name: nameText.nullish(),
  profile_id: id.nullish(),
  type: z.enum(['regular', 'training'], 'must be regular or training').nullish(),
  preset_type: z.string('must be text').max(200).nullish(),
});
export const jobQueue = z.object({
  callback_url: z.union([z.literal('').transform(() => null), z.url({ protocol: /^https?$/, error: 'must be an http or https URL' })]).nullish(),
  skip_photo_validation: z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')], 'must be true or false').nullish(),
});
export const photoCreate = z.object({ name: nameText, job_id: id.nullish(), profile_id: id.nullish() });
export const uploadUrl = z.object({
  photo_id: id,
  content_md5: z.string('must be text').regex(/^[A-Za-z0-9+/]{22}==$/, 'must be the Base64 of the 16 bytes of an MD5').nullish(),
});
export const listForJob = z.object({ job_id: id.nullish(), job_name: z.string('must be text').nullish() });
export const byName = z.object({ name: nameText });

/** The parameters of a request by a schema; throws a fault whose errors name the fields. */
export function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw fieldFault(result.error.issues.map((issue) => ({ path: issue.path.map(String).join('.'), message: issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : issue.message })));
}

export function fieldFault(errors: readonly { path: string; message: string }[]): Fault {
  return new Fault('invalid_request', errors.map(({ path, message }) => `${path} ${message}`.trim()).join('; '), { errors });
}

/** The studio's parameters in a request about a profile; null says nothing, as absence does. */
export function studioParameters(body: Record<string, unknown>, before: Record<string, unknown> = {}): Record<string, unknown> {
  const said = Object.fromEntries(profileFields.flatMap((field) => (body[field] === undefined || body[field] === null ? [] : [[field, body[field]]])));
  const whole = { ...profileDefaults, ...before, ...said };
  if (Number(whole['crop_size_x']) * Number(whole['crop_size_y']) > maxCropArea) {
    throw fieldFault([{ path: 'crop_size_x', message: `times crop_size_y must be at most ${maxCropArea.toLocaleString('en')}` }]);
  }
  return said;
}
