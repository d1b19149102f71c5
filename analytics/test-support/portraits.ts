import sharp from 'sharp';
import { randomNumbers } from './random.ts';

/** A drawn portrait for tests: what is where is known, so that results can be measured. */
export interface PortraitOptions {
  width?: number;
  height?: number;
  backdrop?: string;
  /** Colour of the lower end of the backdrop, for one lit from above. */
  backdropEnd?: string;
  skin?: string;
  shirt?: string;
  blemishes?: boolean;
  glasses?: boolean;
  smile?: boolean;
  braces?: boolean;
  /** Standard deviation of grain over everything, grey levels. */
  grain?: number;
  seed?: number;
}

export interface Portrait {
  png: Buffer;
  width: number;
  height: number;
  /** The face ellipse, hairline to chin. */
  face: { cx: number; cy: number; rx: number; ry: number };
  /** Top of the hair. */
  headTop: number;
}

/** Draws head and shoulders before a plain backdrop. */
export async function drawPortrait(options: PortraitOptions = {}): Promise<Portrait> {
  const { width = 660, height = 880, grain = 2, seed = 1 } = options;
  const unit = Math.min(width, height * 0.8);
  const face = { cx: width * 0.5, cy: height * 0.42, rx: unit * 0.15, ry: unit * 0.2 };
  const svg = portraitSvg({ ...options, width, height }, face, seed);
  const drawn = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer();
  const random = randomNumbers(seed);
  for (let i = 0; i < drawn.length; i++) {
    // Sum of four even numbers: nearly normal, standard deviation 1 after scaling.
    const noise = (random() + random() + random() + random() - 2) * Math.sqrt(3) * grain;
    drawn[i] = Math.max(0, Math.min(255, Math.round((drawn[i] ?? 0) + noise)));
  }
  const png = await sharp(drawn, { raw: { width, height, channels: 3 } })
    .png({ compressionLevel: 1 })
    .toBuffer();
  return { png, width, height, face, headTop: face.cy - face.ry * 1.3 };
}

function portraitSvg(
  options: PortraitOptions & { width: number; height: number },
  face: Portrait['face'],
  seed: number,
): string {
  const { width, height } = options;
  const { backdrop = '#5b7fa6', skin = '#e0ac88', shirt = '#3c4a3f' } = options;
  const { cx, cy, rx, ry } = face;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<defs><linearGradient id="g" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${backdrop}"/><stop offset="1" stop-color="${options.backdropEnd ?? backdrop}"/></linearGradient></defs>
<rect width="100%" height="100%" fill="url(#g)"/>
<ellipse cx="${cx}" cy="${cy - ry * 0.15}" rx="${rx * 1.15}" ry="${ry * 1.15}" fill="#3a2a1e"/>
<path d="M ${cx - rx * 3} ${height} Q ${cx - rx * 2.8} ${cy + ry * 1.7} ${cx - rx * 0.8} ${cy + ry * 1.35} L ${cx + rx * 0.8} ${cy + ry * 1.35} Q ${cx + rx * 2.8} ${cy + ry * 1.7} ${cx + rx * 3} ${height} Z" fill="${shirt}"/>
<rect x="${cx - rx * 0.45}" y="${cy + ry * 0.5}" width="${rx * 0.9}" height="${ry}" fill="${skin}"/>
<ellipse cx="${cx}" cy="${cy}" rx="${rx}" ry="${ry}" fill="${skin}"/>
<path d="M ${cx - rx} ${cy - ry * 0.3} Q ${cx} ${cy - ry * 1.75} ${cx + rx} ${cy - ry * 0.3} Q ${cx} ${cy - ry * 1.05} ${cx - rx} ${cy - ry * 0.3}" fill="#3a2a1e"/>
${[-1, 1].map((side) => eye(cx + side * rx * 0.42, cy - ry * 0.12, rx)).join('')}
<path d="M ${cx} ${cy} q ${rx * 0.12} ${ry * 0.25} 0 ${ry * 0.27}" stroke="#b98565" stroke-width="${rx * 0.04}" fill="none"/>
${mouth(options, face)}${options.glasses ? glasses(face) : ''}${options.blemishes ? blemishes(face, seed) : ''}</svg>`;
}

function eye(x: number, y: number, rx: number): string {
  return `<ellipse cx="${x}" cy="${y}" rx="${rx * 0.19}" ry="${rx * 0.11}" fill="#f4f0ea"/><circle cx="${x}" cy="${y}" r="${rx * 0.1}" fill="#3b2a20"/>
<rect x="${x - rx * 0.24}" y="${y - rx * 0.3}" width="${rx * 0.48}" height="${rx * 0.08}" fill="#3a2a1e"/>`;
}

function mouth(options: PortraitOptions, { cx, cy, rx, ry }: Portrait['face']): string {
  const y = cy + ry * 0.52;
  const lips = `<ellipse cx="${cx}" cy="${y}" rx="${rx * 0.42}" ry="${ry * (options.smile ? 0.16 : 0.07)}" fill="#b5524f"/>`;
  if (options.smile !== true) return lips;
  const teeth = `<ellipse cx="${cx}" cy="${y}" rx="${rx * 0.33}" ry="${ry * 0.085}" fill="#e6d9ac"/>`;
  if (options.braces !== true) return lips + teeth;
  const marks = [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5]
    .map(
      (k) =>
        `<rect x="${cx + k * rx * 0.1 - rx * 0.025}" y="${y - rx * 0.03}" width="${rx * 0.05}" height="${rx * 0.06}" fill="#777a80"/>`,
    )
    .join('');
  return `${lips}${teeth}<rect x="${cx - rx * 0.29}" y="${y - rx * 0.008}" width="${rx * 0.58}" height="${rx * 0.016}" fill="#70737a"/>${marks}`;
}

function glasses({ cx, cy, rx, ry }: Portrait['face']): string {
  return [-1, 1]
    .map((side) => {
      const x = cx + side * rx * 0.42;
      const y = cy - ry * 0.12;
      return `<circle cx="${x}" cy="${y}" r="${rx * 0.34}" fill="none" stroke="#222" stroke-width="${rx * 0.05}"/>
<ellipse cx="${x + rx * 0.14}" cy="${y + rx * 0.16}" rx="${rx * 0.1}" ry="${rx * 0.07}" fill="#ffffff"/>`;
    })
    .join('');
}

/** Reddish and dark spots of different sizes on forehead, cheeks and chin. */
function blemishes({ cx, cy, rx, ry }: Portrait['face'], seed: number): string {
  const random = randomNumbers(seed + 99);
  let out = '';
  for (let n = 0; n < 220; n++) {
    const [u, v] = [random() * 2 - 1, random() * 2 - 1];
    const nearEyes = Math.abs(v + 0.15) < 0.22 && Math.abs(u) < 0.75;
    const nearMouth = Math.abs(v - 0.52) < 0.22 && Math.abs(u) < 0.5;
    if (Math.hypot(u, v) > 0.85 || nearEyes || nearMouth || v < -0.5) continue;
    const colour = random() < 0.5 ? '#b5704f' : '#c2655a';
    out += `<circle cx="${cx + u * rx}" cy="${cy + v * ry}" r="${rx * (0.008 + 0.02 * random())}" fill="${colour}" opacity="${0.4 + 0.5 * random()}"/>`;
  }
  return out;
}
