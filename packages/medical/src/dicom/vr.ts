/** Value representations (PS3.5 section 6.2). */
export interface ValueRepresentation {
  readonly code: string;
  /** In explicit syntaxes: two reserved bytes and a 32-bit length follow, instead of a 16-bit length. */
  readonly longHeader: boolean;
  /** Bytes of one binary value; 0 for text and sequences. Also the unit of byte swapping. */
  readonly unitBytes: number;
  /** Text whose repertoire follows Specific Character Set (0008,0005). */
  readonly localized: boolean;
  readonly text: boolean;
}

const shortText = 'AE AS CS DA DS DT IS LO LT PN SH ST TM UI'.split(' ');
const longText = 'UC UR UT'.split(' ');
const localized = new Set('LO LT PN SH ST UC UT'.split(' '));
const shortBinary: Record<string, number> = { AT: 2, FD: 8, FL: 4, SL: 4, SS: 2, UL: 4, US: 2 };
const longBinary: Record<string, number> = { OB: 1, OD: 8, OF: 4, OL: 4, OV: 8, OW: 2, SV: 8, UN: 1, UV: 8 };

function representation(code: string, longHeader: boolean, unitBytes: number): ValueRepresentation {
  return { code, longHeader, unitBytes, localized: localized.has(code), text: unitBytes === 0 && code !== 'SQ' };
}

const all = [
  ...shortText.map((code) => representation(code, false, 0)),
  ...longText.map((code) => representation(code, true, 0)),
  ...Object.entries(shortBinary).map(([code, unit]) => representation(code, false, unit)),
  ...Object.entries(longBinary).map(([code, unit]) => representation(code, true, unit)),
  representation('SQ', true, 0),
];

const byCode = new Map(all.map((vr) => [vr.code, vr]));
const byLetters: (ValueRepresentation | undefined)[] = Array.from({ length: 26 * 26 }, () => undefined);
for (const vr of all) byLetters[(vr.code.charCodeAt(0) - 65) * 26 + vr.code.charCodeAt(1) - 65] = vr;

/** Two uppercase ASCII letters: the shape of every representation, known or not. */
export function areLetters(first: number, second: number): boolean {
  return first >= 65 && first <= 90 && second >= 65 && second <= 90;
}

export function vrFromBytes(first: number, second: number): ValueRepresentation | undefined {
  return areLetters(first, second) ? byLetters[(first - 65) * 26 + second - 65] : undefined;
}

export function vrFromCode(code: string): ValueRepresentation | undefined {
  return byCode.get(code);
}
