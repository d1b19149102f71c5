import { z } from 'zod';
import { InputError, type InputFile } from '../analytic.ts';
import { manifest } from './manifest.ts';

const inputFile = z
  .custom<InputFile>((value) => typeof value === 'object' && value !== null && 'path' in value)
  .optional();
const hexColour = z.string().regex(/^#[0-9a-fA-F]{6}([0-9a-fA-F]{2})?$/, 'must be a colour such as #ffffff');

/** All parameters of the manifest, checked, in the manifest's own names; numbers written as text are taken too. */
const settingsSchema = z.object({
  enable_color: z.boolean(),
  color_preset: z.string(),
  color_red: z.coerce.number(),
  color_green: z.coerce.number(),
  color_blue: z.coerce.number(),
  color_density: z.coerce.number(),
  color_contrast: z.coerce.number(),
  color_shadow_contrast: z.coerce.number(),
  color_midtone_contrast: z.coerce.number(),
  color_highlight_contrast: z.coerce.number(),
  color_gamma: z.coerce.number(),
  color_saturation: z.coerce.number(),
  batch_consistency: z.boolean(),
  color_lut: inputFile,
  enable_crop: z.boolean(),
  crop_size_x: z.coerce.number().int().min(1).max(6400),
  crop_size_y: z.coerce.number().int().min(1).max(6400),
  crop_position_x: z.coerce.number(),
  crop_position_y: z.coerce.number(),
  crop_scale: z.coerce.number().min(0),
  enable_head_top: z.boolean(),
  head_top_margin: z.coerce.number().min(0).max(1),
  straighten: z.enum(['off', 'auto', 'degrees']),
  straighten_degrees: z.coerce.number().min(-45).max(45),
  resize_width: z.coerce.number().int().min(0).max(6400),
  resize_height: z.coerce.number().int().min(0).max(6400),
  resize_fit: z.enum(['inside', 'pad', 'cover']),
  pad_color: hexColour,
  enable_retouch: z.boolean(),
  enable_retouch_full_body: z.boolean(),
  enable_enhanced_retouch: z.boolean(),
  retouch_preset: z.string(),
  enable_teeth: z.boolean(),
  enable_glare: z.boolean(),
  enable_glare_combo: z.boolean(),
  enable_braces: z.boolean(),
  face_model: inputFile,
  face_model_spec: z.record(z.string(), z.unknown()),
  enable_extract: z.boolean(),
  remove_spill: z.boolean(),
  turbo_spill: z.boolean(),
  replace_background: z.boolean(),
  background_color: z.union([z.literal(''), hexColour]),
  dual_file_output: z.boolean(),
  matting_model: inputFile,
  matting_model_spec: z.record(z.string(), z.unknown()),
  output_file_type: z.enum(['png', 'jpg', 'psd', 'dp2_jpg']),
  output_format: z.enum(['same', 'jpeg', 'png', 'webp', 'avif', 'tiff']),
  output_quality: z.coerce.number().int().min(1).max(100),
  output_dpi: z.coerce.number().min(0),
  output_icc: z.enum(['keep', 'srgb', 'p3']),
  enable_srgb_output: z.boolean(),
  sharpen: z.coerce.number().min(0).max(100),
  watermark_text: z.string(),
  watermark_image: inputFile,
  watermark_position: z.enum(['bottom-right', 'bottom-left', 'top-right', 'top-left', 'center', 'tile']),
  watermark_opacity: z.coerce.number().min(0).max(1),
  watermark_scale: z.coerce.number().min(1).max(100),
  print_crop_params: z.boolean(),
  print_color_params: z.boolean(),
  enable_no_image_output: z.boolean(),
  enable_strip_png_metadata: z.boolean(),
  strip_metadata: z.boolean(),
  enable_qr_code_parse: z.boolean(),
  exif_keys: z.array(z.string()).max(100),
});
export type StudioSettings = z.infer<typeof settingsSchema>;

/** The largest output of a crop, in pixels. */
const maxCropArea = 27_000_000;

/** Fills in the manifest's defaults and checks. Throws InputError that names the parameter. */
export function readSettings(parameters: Record<string, unknown>): StudioSettings {
  const withDefaults: Record<string, unknown> = {};
  for (const { name, default: value } of manifest.parameters) withDefaults[name] = parameters[name] ?? value;
  const parsed = settingsSchema.safeParse(withDefaults);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new InputError(`parameter ${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'is not valid'}`);
  }
  if (parsed.data.crop_size_x * parsed.data.crop_size_y > maxCropArea) {
    throw new InputError('parameters crop_size_x and crop_size_y: their product must be at most 27,000,000');
  }
  return parsed.data;
}
