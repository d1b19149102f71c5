/** Red, green, blue, 0–255. */
export type Rgb = readonly [number, number, number];

export function hsl(hue: number, saturation: number, lightness: number): Rgb {
  const turn = (((hue % 360) + 360) % 360) / 30;
  const reach = saturation * Math.min(lightness, 1 - lightness);
  const channel = (n: number): number => {
    const k = (n + turn) % 12;
    return 255 * (lightness - reach * Math.max(-1, Math.min(k - 3, 9 - k, 1)));
  };
  return [channel(0), channel(8), channel(4)];
}

export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [from[0] + (to[0] - from[0]) * share, from[1] + (to[1] - from[1]) * share, from[2] + (to[2] - from[2]) * share];
}

export const lighter = (colour: Rgb, share: number): Rgb => mix(colour, [255, 255, 255], share);
export const darker = (colour: Rgb, share: number): Rgb => mix(colour, [8, 10, 20], share);

export function css(colour: Rgb, opacity = 1): string {
  const [red, green, blue] = colour.map((channel) => Math.round(Math.max(0, Math.min(255, channel))));
  return opacity === 1 ? `rgb(${red},${green},${blue})` : `rgba(${red},${green},${blue},${opacity})`;
}
