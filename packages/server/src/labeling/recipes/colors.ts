import { createHash } from 'node:crypto';

/** A colour for a label, the same for the same name everywhere: a hue from the digest, bright enough on light and dark pictures. */
export function colorOf(name: string): string {
  const hue = createHash('sha256').update(name).digest().readUInt16BE(0) % 360;
  return hslToHex(hue, 0.72, 0.52);
}

/** CSS Color Module Level 4, section 7.1: HSL to sRGB. */
function hslToHex(hue: number, saturation: number, lightness: number): string {
  const channel = (n: number): string => {
    const k = (n + hue / 30) % 12;
    const value = lightness - saturation * Math.min(lightness, 1 - lightness) * Math.max(-1, Math.min(k - 3, 9 - k, 1));
    return Math.round(value * 255).toString(16).padStart(2, '0');
  };
  return `#${channel(0)}${channel(8)}${channel(4)}`;
}
