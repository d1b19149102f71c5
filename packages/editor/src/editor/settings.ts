import type { PictureWindow } from './picture.ts';

/** How the picture is shown; 1 leaves it as it is. */
export interface PictureAdjustments {
  /** Factor on all channels. */
  readonly brightness: number;
  /** Factor on the distance from mid grey. */
  readonly contrast: number;
  /** Exponent 1/gamma on values 0–1: above 1 brightens the shadows. */
  readonly gamma: number;
}

/** What a person sets for themselves. Kept by the page; the editor only reads it. */
export interface EditorSettings {
  readonly picture: PictureAdjustments;
  readonly fillOpacity: number;
  readonly maskOpacity: number;
  /** Of single labels, where it is another: 0 to 1 by name. */
  readonly labelOpacity: Readonly<Record<string, number>>;
  /** CSS pixels. */
  readonly lineWidth: number;
  readonly pointRadius: number;
  readonly showNames: boolean;
  readonly crosshair: boolean;
  readonly grid: boolean;
  /** Image pixels. */
  readonly gridSize: number;
  readonly snap: boolean;
  readonly snapToGrid: boolean;
  /** CSS pixels within which a pointer takes hold of something. */
  readonly reach: number;
  /** Shapes end at the picture's edge. */
  readonly stayInPicture: boolean;
  /** After a shape is drawn the tool stays, for the next one. */
  readonly keepTool: boolean;
  readonly wheel: 'zoom' | 'pan';
  /** Diameter in image pixels. */
  readonly brushSize: number;
  readonly brushShape: 'circle' | 'square';
  /** The values that the threshold brush paints: real values of a scan, brightness 0–255 of a picture. */
  readonly thresholdLow: number;
  readonly thresholdHigh: number;
  /** A stroke takes its pixels away from other masks: every pixel has one label at most. */
  readonly exclusiveMasks: boolean;
  /** Image pixels: how far an outline made by a machine may be from its pixels. */
  readonly simplifyTolerance: number;
  /** What the smart tools make. */
  readonly smartShape: 'polygon' | 'mask';
  /** 0–255: how different from the clicked colour a filled pixel may be. */
  readonly fillTolerance: number;
  /** CSS pixels a side, about. */
  readonly superpixelSize: number;
  /** On a video: draw tracks, or shapes of a single frame. */
  readonly drawTracks: boolean;
  /** The values that a scan shows; undefined: those that it says itself. */
  readonly window: PictureWindow | undefined;
}

export const defaultSettings: EditorSettings = {
  picture: { brightness: 1, contrast: 1, gamma: 1 },
  fillOpacity: 0.2,
  maskOpacity: 0.5,
  labelOpacity: {},
  lineWidth: 1.5,
  pointRadius: 4,
  showNames: false,
  crosshair: false,
  grid: false,
  gridSize: 50,
  snap: true,
  snapToGrid: false,
  reach: 7,
  stayInPicture: true,
  keepTool: true,
  wheel: 'zoom',
  brushSize: 20,
  brushShape: 'circle',
  thresholdLow: 128,
  thresholdHigh: 255,
  exclusiveMasks: false,
  simplifyTolerance: 1,
  smartShape: 'polygon',
  fillTolerance: 24,
  superpixelSize: 24,
  drawTracks: true,
  window: undefined,
};
