import { newMask, type Mask, type Rect } from './plane.ts';

/** Grows a mask by a square of (2 radius + 1)². */
export function dilate(mask: Mask, radius: number): Mask {
  return squareCount(mask, radius, (count) => count > 0);
}

/** Shrinks a mask by a square; beyond the border counts as inside, so that a subject cut by the frame keeps its edge. */
export function erode(mask: Mask, radius: number): Mask {
  return squareCount(mask, radius, (count, area) => count === area);
}

export function open(mask: Mask, radius: number): Mask {
  return dilate(erode(mask, radius), radius);
}

export function close(mask: Mask, radius: number): Mask {
  return erode(dilate(mask, radius), radius);
}

/** Decides each pixel from the number of ones in its square, clipped to the picture, by a summed area table. */
function squareCount(mask: Mask, radius: number, decide: (count: number, area: number) => boolean): Mask {
  const { width, height } = mask;
  if (radius < 1) return { width, height, data: mask.data.slice() };
  const table = summedArea(mask);
  const out = newMask(width, height);
  const stride = width + 1;
  for (let y = 0; y < height; y++) {
    const top = Math.max(0, y - radius) * stride;
    const bottom = Math.min(height, y + radius + 1) * stride;
    for (let x = 0; x < width; x++) {
      const left = Math.max(0, x - radius);
      const right = Math.min(width, x + radius + 1);
      const count =
        (table[bottom + right] as number) -
        (table[bottom + left] as number) -
        (table[top + right] as number) +
        (table[top + left] as number);
      out.data[y * width + x] = decide(count, ((bottom - top) / stride) * (right - left)) ? 1 : 0;
    }
  }
  return out;
}

/** Entry (y, x) is the number of ones above and left of it; one row and column longer than the mask. */
export function summedArea(mask: Mask): Int32Array {
  const stride = mask.width + 1;
  const table = new Int32Array(stride * (mask.height + 1));
  for (let y = 0; y < mask.height; y++) {
    let row = 0;
    for (let x = 0; x < mask.width; x++) {
      row += mask.data[y * mask.width + x] as number;
      table[(y + 1) * stride + x + 1] = (table[y * stride + x + 1] as number) + row;
    }
  }
  return table;
}

export interface Component {
  /** Its number in the label picture, from 1. */
  label: number;
  area: number;
  box: Rect;
  cx: number;
  cy: number;
  touchesBorder: boolean;
}

export interface Components {
  /** Per pixel the number of its component, 0 outside. */
  labels: Int32Array;
  list: Component[];
}

/**
 * Connected components with 8 neighbours, by two passes and a union-find table (L. He et al., "The connected-component
 * labeling problem: a review", Pattern Recognition 2017, section 3).
 */
export function connectedComponents(mask: Mask): Components {
  const { width, height } = mask;
  const labels = new Int32Array(width * height);
  const parent: number[] = [0];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (mask.data[i] === 1) labels[i] = joinNeighbours({ labels, parent, width, x, y });
    }
  }
  return measure(labels, parent, width, height);
}

function find(parent: number[], label: number): number {
  let root = label;
  while (parent[root] !== root) root = parent[root] as number;
  let walk = label;
  while (walk !== root) {
    const next = parent[walk] as number;
    parent[walk] = root;
    walk = next;
  }
  return root;
}

function joinNeighbours(at: { labels: Int32Array; parent: number[]; width: number; x: number; y: number }): number {
  const { labels, parent, width, x, y } = at;
  const i = y * width + x;
  let own = 0;
  const visit = (neighbour: number) => {
    const label = labels[neighbour] as number;
    if (label === 0) return;
    const root = find(parent, label);
    if (own === 0) own = root;
    else if (root !== own) {
      const smaller = Math.min(root, own);
      parent[Math.max(root, own)] = smaller;
      own = smaller;
    }
  };
  if (x > 0) visit(i - 1);
  if (y > 0) {
    visit(i - width);
    if (x > 0) visit(i - width - 1);
    if (x + 1 < width) visit(i - width + 1);
  }
  if (own !== 0) return own;
  parent.push(parent.length);
  return parent.length - 1;
}

function measure(labels: Int32Array, parent: number[], width: number, height: number): Components {
  const numbers = new Map<number, number>();
  const sums: { area: number; x: number; y: number; x0: number; x1: number; y0: number; y1: number }[] = [];
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = labels[y * width + x] as number;
      if (label === 0) continue;
      const root = find(parent, label);
      let number = numbers.get(root);
      if (number === undefined) {
        number = numbers.size + 1;
        numbers.set(root, number);
        sums.push({ area: 0, x: 0, y: 0, x0: x, x1: x, y0: y, y1: y });
      }
      labels[y * width + x] = number;
      const sum = sums[number - 1];
      if (sum === undefined) continue;
      sum.area += 1;
      sum.x += x;
      sum.y += y;
      if (x < sum.x0) sum.x0 = x;
      if (x > sum.x1) sum.x1 = x;
      sum.y1 = y;
    }
  }
  const list = sums.map((sum, index) => ({
    label: index + 1,
    area: sum.area,
    box: { x: sum.x0, y: sum.y0, width: sum.x1 - sum.x0 + 1, height: sum.y1 - sum.y0 + 1 },
    cx: sum.x / sum.area + 0.5,
    cy: sum.y / sum.area + 0.5,
    touchesBorder: sum.x0 === 0 || sum.y0 === 0 || sum.x1 === width - 1 || sum.y1 === height - 1,
  }));
  return { labels, list };
}

/** The pixels of the components that `keep` chooses. */
export function selectComponents(mask: Mask, keep: (component: Component) => boolean): Mask {
  const { labels, list } = connectedComponents(mask);
  const chosen = new Uint8Array(list.length + 1);
  for (const component of list) if (keep(component)) chosen[component.label] = 1;
  const out = newMask(mask.width, mask.height);
  for (let i = 0; i < out.data.length; i++) out.data[i] = chosen[labels[i] as number] as number;
  return out;
}

/** Fills enclosed holes of at most `maxArea` pixels. */
export function fillHoles(mask: Mask, maxArea: number): Mask {
  const outside = newMask(mask.width, mask.height);
  for (let i = 0; i < outside.data.length; i++) outside.data[i] = mask.data[i] === 1 ? 0 : 1;
  const holes = selectComponents(outside, (component) => !component.touchesBorder && component.area <= maxArea);
  for (let i = 0; i < holes.data.length; i++) holes.data[i] = (holes.data[i] as number) | (mask.data[i] as number);
  return holes;
}
