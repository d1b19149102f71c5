/** Labels of a picture: the value of each pixel, 0 for none. */
export interface LabelFrame {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
}

/** Colours of labels, far apart from their neighbours: the golden angle around the circle. */
export function colourOf(value: number): [number, number, number] {
  const hue = (value * 137.508) % 360;
  const channel = (shift: number): number => {
    const k = (shift + hue / 30) % 12;
    return Math.round(255 * (0.5 - 0.45 * Math.max(-1, Math.min(k - 3, 9 - k, 1))));
  };
  return [channel(0), channel(8), channel(4)];
}

/** Writes labels over nothing into RGBA pixels, each with its opacity (0 to 1; 0.45 unless said). */
export function paintLabels({ data }: LabelFrame, opacities: Readonly<Record<string, number>>, into: Uint8ClampedArray): void {
  const shades = new Map<number, [number, number, number, number]>();
  for (let at = 0, to = 0; at < data.length; at++, to += 4) {
    const value = data[at] ?? 0;
    if (value === 0) {
      into[to + 3] = 0;
      continue;
    }
    let shade = shades.get(value);
    if (!shade) shades.set(value, (shade = [...colourOf(value), Math.round(255 * (opacities[value] ?? 0.45))]));
    into.set(shade, to);
  }
}
