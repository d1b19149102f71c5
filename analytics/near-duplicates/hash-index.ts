import { hashDistance, type PerceptualHash } from './perceptual-hash.ts';

type Parts = PerceptualHash['parts'];

/**
 * Finds hashes within a distance without comparing all pairs: of two hashes that differ in at most d bits, one of the
 * four parts differs in at most d / 4 (M. Norouzi et al., "Fast search in Hamming space with multi-index hashing", CVPR 2012).
 */
export class HashIndex {
  readonly #tables = [0, 1, 2, 3].map(() => new Map<number, number[]>());
  readonly #hashes: Parts[] = [];
  readonly #maxDistance: number;
  readonly #flips: number[];

  constructor(maxDistance: number) {
    this.#maxDistance = maxDistance;
    this.#flips = flipsWithin(Math.floor(maxDistance / 4));
  }

  add(hash: Parts): number {
    const number = this.#hashes.length;
    this.#hashes.push(hash);
    for (const [part, table] of this.#tables.entries()) {
      const key = hash[part] ?? 0;
      const list = table.get(key);
      if (list === undefined) table.set(key, [number]);
      else list.push(number);
    }
    return number;
  }

  /** Numbers of the hashes within the distance of this one, and their distances. */
  near(hash: Parts): Map<number, number> {
    const found = new Map<number, number>();
    for (const [part, table] of this.#tables.entries()) {
      for (const flip of this.#flips) {
        for (const number of table.get((hash[part] ?? 0) ^ flip) ?? []) {
          if (found.has(number)) continue;
          const distance = hashDistance(hash, this.#hashes[number] ?? hash);
          if (distance <= this.#maxDistance) found.set(number, distance);
        }
      }
    }
    return found;
  }
}

/** All 16-bit words with at most `most` ones. */
function flipsWithin(most: number): number[] {
  const out = [0];
  let edge = [0];
  for (let bits = 0; bits < most; bits++) {
    edge = edge.flatMap((word) => {
      const first = word === 0 ? 0 : 32 - Math.clz32(word);
      return Array.from({ length: 16 - first }, (_, k) => word | (1 << (first + k)));
    });
    out.push(...edge);
  }
  return out;
}
