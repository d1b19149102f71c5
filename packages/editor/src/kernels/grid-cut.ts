/** The eight ways to a neighbour; the opposite of way `w` is `(w + 4) % 8`. */
const waysX = [1, 1, 0, -1, -1, -1, 0, 1];
const waysY = [0, 1, 1, 1, 0, -1, -1, -1];

const free = 0;
const sourceTree = 1;
const sinkTree = 2;

const atTerminal = 8;
const orphaned = 9;
const parentless = 10;

/**
 * The cheapest cut between source and sink on a grid of pixels with eight neighbours: Boykov and Kolmogorov, "An
 * Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy Minimization in Vision" (IEEE TPAMI 26(9), 2004).
 * Two search trees grow from the terminals, meet, are augmented along the path, and mended where that tore them.
 */
export class GridCut {
  private readonly width: number;
  private readonly height: number;
  /** What can still flow from a pixel each way. */
  private readonly residual: Float64Array;
  /** Positive: still from the source; negative: still to the sink. */
  private readonly terminal: Float64Array;
  private readonly tree: Uint8Array;
  private readonly parent: Uint8Array;
  private readonly distance: Int32Array;
  private readonly stamp: Int32Array;
  private readonly offsets: readonly number[];
  private active: number[] = [];
  private activeHead = 0;
  private orphans: number[] = [];
  private time = 0;

  constructor(width: number, height: number) {
    const size = width * height;
    this.width = width;
    this.height = height;
    this.residual = new Float64Array(size * 8);
    this.terminal = new Float64Array(size);
    this.tree = new Uint8Array(size);
    this.parent = new Uint8Array(size).fill(parentless);
    this.distance = new Int32Array(size);
    this.stamp = new Int32Array(size);
    this.offsets = waysX.map((x, way) => waysY[way] * width + x);
  }

  /** The cost of giving a pixel to the sink's side (`toSource`) and to the source's side (`toSink`). */
  setTerminals(pixel: number, toSource: number, toSink: number): void {
    this.terminal[pixel] = toSource - toSink;
  }

  /** The cost of parting a pixel from its neighbour to the right, below right, below or below left (way 0–3). */
  setEdge(pixel: number, way: 0 | 1 | 2 | 3, cost: number): void {
    const x = (pixel % this.width) + waysX[way];
    if (x < 0 || x >= this.width || pixel + this.offsets[way] >= this.width * this.height) return;
    this.residual[pixel * 8 + way] = cost;
    this.residual[(pixel + this.offsets[way]) * 8 + way + 4] = cost;
  }

  /** 1 for the pixels on the source's side. */
  cut(): Uint8Array {
    for (let pixel = 0; pixel < this.terminal.length; pixel++) {
      if (this.terminal[pixel] === 0) continue;
      this.tree[pixel] = this.terminal[pixel] > 0 ? sourceTree : sinkTree;
      this.parent[pixel] = atTerminal;
      this.distance[pixel] = 1;
      this.active.push(pixel);
    }
    for (let bridge = this.grow(); bridge; bridge = this.grow()) {
      this.time++;
      this.augment(bridge.pixel, bridge.way);
      this.adopt();
    }
    return this.tree.map((tree) => (tree === sourceTree ? 1 : 0));
  }

  /** Grows the trees until they touch: an edge from the source's tree to the sink's. */
  private grow(): { pixel: number; way: number } | undefined {
    while (this.activeHead < this.active.length) {
      const pixel = this.active[this.activeHead];
      const tree = this.tree[pixel];
      if (tree !== free) {
        for (let way = 0; way < 8; way++) {
          const next = pixel + this.offsets[way];
          if (!this.canFlow(pixel, next, way, tree)) continue;
          if (this.tree[next] === free) this.attach(next, pixel, way, tree);
          else if (this.tree[next] !== tree) {
            return tree === sourceTree ? { pixel, way } : { pixel: next, way: (way + 4) % 8 };
          } else if (this.stamp[next] <= this.stamp[pixel] && this.distance[next] > this.distance[pixel] + 1 && this.parent[next] < 8) {
            this.parent[next] = (way + 4) % 8;
            this.stamp[next] = this.stamp[pixel];
            this.distance[next] = this.distance[pixel] + 1;
          }
        }
      }
      this.activeHead++;
      this.shrinkQueue();
    }
    return undefined;
  }

  private shrinkQueue(): void {
    if (this.activeHead < 65_536) return;
    this.active = this.active.slice(this.activeHead);
    this.activeHead = 0;
  }

  /** Along the tree's direction: away from the source, or towards the sink. Edges off the grid have no residual. */
  private canFlow(pixel: number, next: number, way: number, tree: number): boolean {
    return (tree === sourceTree ? this.residual[pixel * 8 + way] : this.residual[next * 8 + ((way + 4) % 8)]) > 0;
  }

  private attach(pixel: number, to: number, way: number, tree: number): void {
    this.tree[pixel] = tree;
    this.parent[pixel] = (way + 4) % 8;
    this.stamp[pixel] = this.stamp[to];
    this.distance[pixel] = this.distance[to] + 1;
    this.active.push(pixel);
  }

  private augment(bridge: number, way: number): void {
    const far = bridge + this.offsets[way];
    let amount = this.residual[bridge * 8 + way];
    for (let pixel = bridge; ; pixel = this.parentOf(pixel)) {
      amount = Math.min(amount, this.upstream(pixel));
      if (this.parent[pixel] === atTerminal) break;
    }
    for (let pixel = far; ; pixel = this.parentOf(pixel)) {
      amount = Math.min(amount, this.downstream(pixel));
      if (this.parent[pixel] === atTerminal) break;
    }
    this.residual[bridge * 8 + way] -= amount;
    this.residual[far * 8 + ((way + 4) % 8)] += amount;
    this.drain(bridge, amount, sourceTree);
    this.drain(far, amount, sinkTree);
  }

  private parentOf(pixel: number): number {
    return pixel + this.offsets[this.parent[pixel]];
  }

  /** What can come to a pixel of the source's tree from its parent. */
  private upstream(pixel: number): number {
    const way = this.parent[pixel];
    return way === atTerminal ? this.terminal[pixel] : this.residual[(pixel + this.offsets[way]) * 8 + ((way + 4) % 8)];
  }

  /** What can go from a pixel of the sink's tree to its parent. */
  private downstream(pixel: number): number {
    const way = this.parent[pixel];
    return way === atTerminal ? -this.terminal[pixel] : this.residual[pixel * 8 + way];
  }

  /** Sends the amount along the way to the terminal; full edges make orphans. */
  private drain(from: number, amount: number, tree: number): void {
    for (let pixel = from; ; ) {
      const way = this.parent[pixel];
      if (way === atTerminal) {
        this.terminal[pixel] += tree === sourceTree ? -amount : amount;
        if (this.terminal[pixel] === 0) this.orphan(pixel);
        return;
      }
      const next = pixel + this.offsets[way];
      const there = pixel * 8 + way;
      const back = next * 8 + ((way + 4) % 8);
      const [down, up] = tree === sourceTree ? [back, there] : [there, back];
      this.residual[down] -= amount;
      this.residual[up] += amount;
      if (this.residual[down] === 0) this.orphan(pixel);
      pixel = next;
    }
  }

  private orphan(pixel: number): void {
    this.parent[pixel] = orphaned;
    this.orphans.push(pixel);
  }

  /** Finds new parents for orphans, the nearest to the terminal; those without one leave their tree. */
  private adopt(): void {
    for (let pixel = this.orphans.pop(); pixel !== undefined; pixel = this.orphans.pop()) {
      const tree = this.tree[pixel];
      let best = -1;
      let least = Infinity;
      for (let way = 0; way < 8; way++) {
        const next = pixel + this.offsets[way];
        if (!this.canCome(pixel, next, way, tree) || this.tree[next] !== tree) continue;
        const away = this.rootDistance(next);
        if (away >= least) continue;
        least = away;
        best = way;
      }
      if (best >= 0) {
        this.parent[pixel] = best;
        this.stamp[pixel] = this.time;
        this.distance[pixel] = least + 1;
      } else {
        this.release(pixel, tree);
      }
    }
  }

  /** From a neighbour to the pixel, in the tree's direction. */
  private canCome(pixel: number, next: number, way: number, tree: number): boolean {
    return (tree === sourceTree ? this.residual[next * 8 + ((way + 4) % 8)] : this.residual[pixel * 8 + way]) > 0;
  }

  /** Steps to the terminal, or infinity when the way ends at an orphan. Pixels on the way remember it for this round. */
  private rootDistance(from: number): number {
    let steps = 0;
    let pixel = from;
    while (this.stamp[pixel] !== this.time) {
      const way = this.parent[pixel];
      if (way === orphaned || way === parentless) return Infinity;
      steps++;
      if (way === atTerminal) {
        this.stamp[pixel] = this.time;
        this.distance[pixel] = 1;
        break;
      }
      pixel += this.offsets[way];
      if (this.stamp[pixel] === this.time) steps += this.distance[pixel];
    }
    const total = steps === 0 ? this.distance[from] : steps;
    let left = total;
    for (let at = from; this.stamp[at] !== this.time; at = this.parentOf(at)) {
      this.stamp[at] = this.time;
      this.distance[at] = left--;
    }
    return total;
  }

  private release(pixel: number, tree: number): void {
    for (let way = 0; way < 8; way++) {
      const next = pixel + this.offsets[way];
      if (next < 0 || next >= this.tree.length || this.tree[next] !== tree) continue;
      if (this.canCome(pixel, next, way, tree)) this.active.push(next);
      if (this.parent[next] < 8 && this.parentOf(next) === pixel) this.orphan(next);
    }
    this.tree[pixel] = free;
    this.parent[pixel] = parentless;
  }
}
