import { analyticManifest, type AnalyticManifest } from '@fovea/contract';

type Parameter = { name: string; description: string; type: string; [key: string]: unknown };

const flag = (name: string, description: string, value = false): Parameter => ({
  name,
  description,
  type: 'boolean',
  default: value,
});
const whole = (name: string, description: string, range: [min: number, max: number], value: number): Parameter => ({
  name,
  description,
  type: 'integer',
  min: range[0],
  max: range[1],
  default: value,
});
const real = (name: string, description: string, range: [min: number, max: number], value: number): Parameter => ({
  ...whole(name, description, range, value),
  type: 'number',
});
const text = (name: string, description: string, value = ''): Parameter => ({
  name,
  description,
  type: 'string',
  default: value,
});
const choice = (name: string, description: string, choices: string[]): Parameter => ({
  name,
  description,
  type: 'choice',
  choices,
  default: choices[0],
});
const file = (name: string, description: string): Parameter => ({ name, description, type: 'file' });

const colour = [
  flag('enable_color', 'Colour correction; while false no color_* value changes a pixel', true),
  text('color_preset', 'Base look: "skylab" is automatic exposure and white balance, any other name none', 'skylab'),
  whole('color_red', 'Added to the red channel', [-40, 40], 0),
  whole('color_green', 'Added to the green channel', [-40, 40], 0),
  whole('color_blue', 'Added to the blue channel', [-40, 40], 0),
  whole('color_density', 'Overall tone; positive is darker', [-40, 40], 0),
  whole('color_contrast', 'Spread around mid grey', [-40, 40], 0),
  whole('color_shadow_contrast', 'Contrast inside the dark third', [-20, 20], 0),
  whole('color_midtone_contrast', 'Contrast inside the middle third', [-20, 20], 0),
  whole('color_highlight_contrast', 'Contrast inside the bright third', [-20, 20], 0),
  real('color_gamma', 'Positive brightens the midtones', [-0.5, 0.5], 0),
  whole('color_saturation', '-50 is grey, 50 twice the chroma', [-50, 50], 0),
  flag('batch_consistency', 'One base look for all photos of the run, the median of what each would get'),
  file('color_lut', 'Lookup table in .cube format (1D or 3D), applied after the colour values'),
];

const framing = [
  flag('enable_crop', 'The output is exactly crop_size_x by crop_size_y pixels', true),
  whole('crop_size_x', 'Output width in pixels', [1, 6400], 2400),
  whole('crop_size_y', 'Output height in pixels', [1, 6400], 3000),
  real('crop_position_x', 'Where the face centre lands, percent of the output width', [0, 100], 50),
  real('crop_position_y', 'Where the face centre lands, percent of the output height', [0, 100], 42),
  real('crop_scale', 'Head height as percent of the output height; larger is tighter', [0, 1000], 40),
  flag('enable_head_top', 'Keep head_top_margin free above hair and hats'),
  real('head_top_margin', 'Share of the crop height that stays free above the head', [0, 1], 0),
  choice('straighten', 'Turn the photo: not at all, by its own lines, or by straighten_degrees', [
    'off',
    'auto',
    'degrees',
  ]),
  real('straighten_degrees', 'Clockwise turn for straighten = degrees', [-45, 45], 0),
  whole('resize_width', 'Output width without crop; 0 leaves it', [0, 6400], 0),
  whole('resize_height', 'Output height without crop; 0 leaves it', [0, 6400], 0),
  choice('resize_fit', 'How the photo meets both sizes: inside them, filled up with pad_color, or covering them', [
    'inside',
    'pad',
    'cover',
  ]),
  text('pad_color', 'Colour of the padding, #rrggbb or #rrggbbaa', '#ffffff'),
];

const people = [
  flag('enable_retouch', 'Smooths facial skin'),
  flag('enable_retouch_full_body', 'Smooths all exposed skin; needs enable_retouch'),
  flag('enable_enhanced_retouch', 'Stronger smoothing'),
  text('retouch_preset', 'Strength: default, light or strong', 'default'),
  flag('enable_teeth', 'Whitens teeth'),
  flag('enable_glare', 'Removes glare on glasses'),
  flag('enable_glare_combo', 'Removes glare only where it is clearly there'),
  flag('enable_braces', 'Removes dental braces'),
  file('face_model', 'ONNX face detector used instead of the built-in search'),
  {
    name: 'face_model_spec',
    description: 'Pre- and post-processing of face_model, as of fovea/onnx-detection',
    type: 'object',
    default: {},
  },
];

const background = [
  flag('enable_extract', 'Cuts the subject out: alpha channel, transparent background'),
  flag('remove_spill', "Takes the backdrop's colour off the subject's edge"),
  flag('turbo_spill', 'Stronger; needs remove_spill'),
  flag('replace_background', 'Lays the cut-out over the backgrounds or background_color, where one is given'),
  text('background_color', 'Background for replace_background, #rrggbb; empty for none'),
  flag('dual_file_output', 'The cut-out as well as the composite'),
  file('matting_model', 'ONNX model used for the cut-out: a picture in, one map of alpha from 0 to 1 out'),
  {
    name: 'matting_model_spec',
    description: 'Its input (as of fovea/onnx-segmentation) and the name of its output',
    type: 'object',
    default: {},
  },
];

const output = [
  choice('output_file_type', 'Kind of the composites, for clients that make them', ['png', 'jpg', 'psd', 'dp2_jpg']),
  choice('output_format', 'Format of the files; same keeps the kind of the photo', [
    'same',
    'jpeg',
    'png',
    'webp',
    'avif',
    'tiff',
  ]),
  whole('output_quality', 'Quality of JPEG, WebP and AVIF', [1, 100], 95),
  whole('output_dpi', 'Resolution written into the file; 0 keeps that of the photo', [0, 10_000], 0),
  choice('output_icc', 'Colour profile: that of the photo, sRGB or Display P3', ['keep', 'srgb', 'p3']),
  flag('enable_srgb_output', 'Converts to sRGB; the same as output_icc = srgb'),
  real('sharpen', 'Unsharp masking at the end, 0 for none', [0, 100], 0),
  text('watermark_text', 'Text laid over the output'),
  file('watermark_image', 'Picture laid over the output'),
  choice('watermark_position', 'Where it lies', [
    'bottom-right',
    'bottom-left',
    'top-right',
    'top-left',
    'center',
    'tile',
  ]),
  real('watermark_opacity', 'From 0 (invisible) to 1', [0, 1], 0.5),
  real('watermark_scale', 'Its width as percent of the output width', [1, 100], 25),
  flag('print_crop_params', 'Reports the crop window'),
  flag('print_color_params', 'Reports the colour values'),
  flag('enable_no_image_output', 'No files, only the report'),
  flag('enable_strip_png_metadata', "PNG output carries none of the photo's metadata"),
  flag('strip_metadata', "No output carries any of the photo's metadata"),
  flag('enable_qr_code_parse', 'Reads a QR code in the photo'),
  {
    name: 'exif_keys',
    description: "Keys of the QR code's text to write into the output's metadata",
    type: 'array',
    default: [],
  },
];

export const manifest: AnalyticManifest = analyticManifest.parse({
  name: 'fovea/photo-studio',
  version: '1.0.0',
  title: 'Photo studio',
  description:
    'Finishes portraits: colour, crop to the face, skin retouch, cut-out, background, watermark, output format. ' +
    'Classical image processing throughout; models can take the place of face finding and matting.',
  scope: 'public',
  inputs: [
    {
      name: 'photos',
      description: 'JPEG, PNG or WebP, at most 27 MiB, 6500 pixels a side, 27 megapixels',
      media: ['image'],
      many: true,
    },
    {
      name: 'backgrounds',
      description: 'Backgrounds for replace_background',
      media: ['image'],
      many: true,
      required: false,
    },
  ],
  parameters: [...colour, ...framing, ...people, ...background, ...output],
  outputs: [
    { name: 'photos', description: 'One per photo', type: 'image', mediaType: 'image/*', many: true },
    {
      name: 'composites',
      description: 'One per photo and background, or the cut-out of dual_file_output',
      type: 'image',
      mediaType: 'image/*',
      many: true,
    },
  ],
  compute: { cpu: true, gpu: false },
  timeoutSeconds: 7_200,
  runtime: { kind: 'builtin', module: 'photo-studio' },
});
