import type { Pixels } from '../imaging/colour.ts';
import { findBaseLook, neutralLook, type BaseLook } from './base-look.ts';
import { applyMapping, buildMapping } from './colour-mapping.ts';
import { applyCube, type CubeLut } from './cube-lut.ts';
import { chooseFormat, encodePixels, type OutputFormat } from './encode.ts';
import { chooseFraming, finishFraming, type Framing } from './framing.ts';
import { removeGlare } from './glare.ts';
import { cutOut } from './matte.ts';
import { removeBraces, whitenTeeth } from './mouth.ts';
import { openPhoto, readReduced, readWindow, type PhotoSource } from './photo-source.ts';
import { qrTags, readQrCode } from './qr-code.ts';
import { retouchSkin } from './retouch.ts';
import { analyseScene, type Scene } from './scene.ts';
import type { StudioSettings } from './settings.ts';
import type { View } from './view.ts';

/** What the photos of one run share. */
export interface StudioContext {
  settings: StudioSettings;
  lut: CubeLut | null;
  /** One base look for all, where batch consistency is asked for. */
  sharedLook: BaseLook | null;
  /** Finds a face or makes a matte with a model instead of the built-in methods. */
  models: StudioModels;
}

export interface StudioModels {
  /** Face ellipse in the reduced picture, or null where the model sees none. */
  findFace?: (pixels: Pixels) => Promise<Scene['face']>;
  /** Alpha 0–255 for every pixel. */
  matte?: (pixels: Pixels) => Promise<Uint8Array>;
}

/** Facts about one finished photo, for the report. */
export interface PhotoReport {
  width: number;
  height: number;
  /** Size of the photo before, upright. */
  processSize: string;
  mimeType: string;
  steps: string[];
  face: { cx: number; cy: number; width: number; height: number; score: number } | null;
  cropParams?: { x1: number; y1: number; x2: number; y2: number };
  colorParams?: Record<string, Record<string, number>>;
  baseLook?: BaseLook;
  tilt?: number;
  qrCode?: string | null;
  spots?: number;
}

export interface FinishedPhoto {
  report: PhotoReport;
  /** Null when no image output is wanted. */
  output: { bytes: Buffer; format: OutputFormat; pixels: Pixels } | null;
}

/**
 * Runs one photo through the pipeline: decode upright → colour → retouch, glare, teeth, braces → extract → crop with
 * resize → encode. Cropping and reducing are done while decoding, since the other steps act alike on what remains.
 * Throws InputError where the photo is at fault.
 */
export async function finishPhoto(path: string, context: StudioContext): Promise<FinishedPhoto> {
  const { settings } = context;
  const source = await openPhoto(path, settings);
  const reduced = needsScene(settings) ? await readReduced(source) : null;
  const scene = reduced === null ? null : await look(reduced, context);
  const framing = chooseFraming(source, scene, settings);
  const report = startReport(source, scene, framing, settings);
  if (settings.enable_qr_code_parse) report.qrCode = await readQrCode(path);
  if (settings.enable_no_image_output) {
    noteColour(report, context, reduced === null ? await readReduced(source) : reduced);
    return { report, output: null };
  }
  const target = {
    width: Math.min(framing.width, framing.window.width),
    height: Math.min(framing.height, framing.window.height),
  };
  let pixels = await readWindow(source, framing.window, target);
  const mapping = noteColour(report, context, reduced ?? pixels);
  if (mapping !== null) applyMapping(pixels, mapping);
  if (settings.enable_color && context.lut !== null) applyCube(pixels, context.lut);
  if (scene !== null) pixels = await peopleSteps({ pixels, scene, source, framing }, context, report);
  pixels = await finishFraming(pixels, framing, settings.pad_color);
  const tags = typeof report.qrCode === 'string' ? qrTags(report.qrCode, settings.exif_keys) : {};
  const format = chooseFormat(source.format, settings, settings.enable_extract);
  const encoded = { settings, format, metadata: source.metadata, sourceColours: source.sourceColours, tags };
  return {
    report: { ...report, width: pixels.width, height: pixels.height },
    output: { bytes: await encodePixels(pixels, encoded), format, pixels },
  };
}

/** The base look a photo would get by itself, for batch consistency. */
export async function previewLook(path: string, settings: StudioSettings): Promise<BaseLook> {
  return findBaseLook(await readReduced(await openPhoto(path, settings)));
}

function needsScene(settings: StudioSettings): boolean {
  const people =
    settings.enable_retouch ||
    settings.enable_teeth ||
    settings.enable_glare ||
    settings.enable_glare_combo ||
    settings.enable_braces;
  return people || settings.enable_crop || settings.enable_extract;
}

async function look(reduced: Pixels, context: StudioContext): Promise<Scene> {
  const { findFace } = context.models;
  return analyseScene(reduced, findFace === undefined ? undefined : await findFace(reduced));
}

function startReport(
  source: PhotoSource,
  scene: Scene | null,
  framing: Framing,
  settings: StudioSettings,
): PhotoReport {
  const scale = scene === null ? 1 : source.width / scene.pixels.width;
  const face = scene?.face ?? null;
  const report: PhotoReport = {
    width: framing.outerWidth,
    height: framing.outerHeight,
    processSize: `${source.width}x${source.height}`,
    mimeType: `image/${source.format}`,
    steps: [],
    face:
      face === null
        ? null
        : {
            cx: face.cx * scale,
            cy: face.cy * scale,
            width: face.width * scale,
            height: face.height * scale,
            score: face.score,
          },
  };
  if (source.tilt !== 0) {
    report.tilt = source.tilt;
    report.steps.push('straighten');
  }
  if (settings.enable_crop) report.steps.push('crop');
  if (settings.print_crop_params) {
    const { x, y, width, height } = framing.window;
    report.cropParams = { x1: x, y1: y, x2: x + width, y2: y + height };
  }
  return report;
}

/** Chooses the base look, builds the colour mapping and writes both into the report; null while colour is off. */
function noteColour(report: PhotoReport, context: StudioContext, pixels: Pixels) {
  const { settings } = context;
  if (!settings.enable_color) return null;
  const automatic = settings.color_preset === 'skylab';
  const baseLook = automatic ? (context.sharedLook ?? findBaseLook(pixels)) : neutralLook;
  report.steps.push('color');
  if (settings.print_color_params) {
    report.colorParams = { [settings.color_preset]: colourParams(settings) };
    report.baseLook = baseLook;
  }
  return buildMapping(settings, baseLook);
}

function colourParams(settings: StudioSettings): Record<string, number> {
  return {
    red: settings.color_red,
    green: settings.color_green,
    blue: settings.color_blue,
    density: settings.color_density,
    contrast: settings.color_contrast,
    gamma: settings.color_gamma,
    saturation: settings.color_saturation,
    shadowContrast: settings.color_shadow_contrast,
    midtoneContrast: settings.color_midtone_contrast,
    highlightContrast: settings.color_highlight_contrast,
  };
}

interface Prepared {
  pixels: Pixels;
  scene: Scene;
  source: PhotoSource;
  framing: Framing;
}

/** Retouch, glare, teeth, braces and extract; each leaves the photo alone where it finds nothing to do. */
async function peopleSteps(prepared: Prepared, context: StudioContext, report: PhotoReport): Promise<Pixels> {
  const { settings } = context;
  const { pixels, scene, source, framing } = prepared;
  const sceneScale = scene.pixels.width / source.width;
  const view: View = {
    pixels,
    scene,
    scale: pixels.width / (framing.window.width * sceneScale),
    x: framing.window.x * sceneScale,
    y: framing.window.y * sceneScale,
  };
  if (settings.enable_retouch) {
    const done = retouchSkin(view, settings);
    if (done !== null) {
      report.steps.push('retouch');
      report.spots = done.spots;
    }
  }
  if ((settings.enable_glare || settings.enable_glare_combo) && removeGlare(view, !settings.enable_glare) > 0)
    report.steps.push('glare');
  if (settings.enable_braces && removeBraces(view)) report.steps.push('braces');
  if (settings.enable_teeth && whitenTeeth(view)) report.steps.push('teeth');
  if (!settings.enable_extract) return view.pixels;
  report.steps.push('extract');
  return extract(view, context);
}

async function extract(view: View, context: StudioContext): Promise<Pixels> {
  const { pixels } = view;
  if (pixels.channels === 4 && hasTransparency(pixels)) return pixels; // Already cut out.
  if (context.models.matte === undefined) return cutOut(view, context.settings);
  return withAlpha(pixels, await context.models.matte(pixels));
}

function hasTransparency(pixels: Pixels): boolean {
  for (let p = 3; p < pixels.data.length; p += 4) if ((pixels.data[p] ?? 255) < 250) return true;
  return false;
}

function withAlpha(pixels: Pixels, alpha: Uint8Array): Pixels {
  const out = new Uint8Array(pixels.width * pixels.height * 4);
  for (let i = 0, p = 0; i < pixels.width * pixels.height; i++, p += pixels.channels) {
    out.set(pixels.data.subarray(p, p + 3), i * 4);
    out[i * 4 + 3] = alpha[i] ?? 255;
  }
  return { width: pixels.width, height: pixels.height, channels: 4, data: out };
}
