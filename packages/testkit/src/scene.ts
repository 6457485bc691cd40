import type { AssignContext, Candidates, Rng, Targets } from '@detrain/core';
import { createRng } from '@detrain/core';

/** Candidates and targets of one image. */
export interface Scene {
  readonly candidates: Candidates;
  readonly targets: Targets;
}

/** What a random scene is made of. */
export interface SceneOptions {
  readonly candidates: number;
  readonly targets: number;
  readonly numClasses: number;
  /** Candidates per pyramid level, for rules that need levels. */
  readonly levels?: readonly number[];
  /** false: no logits, as for anchors. */
  readonly logits?: boolean;
}

/** Coordinates are multiples of this, so that mirroring and halving lose nothing to rounding. */
const GRID = 4096;

/** A box cx cy w h inside the image, on a fine grid. */
const randomBox = (rng: Rng): number[] => {
  const size = () => 2 * (rng.int(GRID / 6) + GRID / 64);
  const w = size();
  const h = size();
  const cx = w / 2 + rng.int(GRID - w);
  const cy = h / 2 + rng.int(GRID - h);
  return [cx / GRID, cy / GRID, w / GRID, h / GRID];
};

const randomBoxes = (rng: Rng, count: number): Float32Array =>
  Float32Array.from(Array.from({ length: count }, () => randomBox(rng)).flat());

/** A random scene: boxes inside the image, normal logits, uniform labels. */
export const randomScene = (
  rng: Rng,
  { candidates, targets, numClasses, levels, logits = true }: SceneOptions,
): Scene => ({
  candidates: {
    boxes: randomBoxes(rng.fork('candidates'), candidates),
    numClasses,
    ...(logits && { logits: Float32Array.from({ length: candidates * numClasses }, rng.fork('logits').normal) }),
    ...(levels && { levels }),
  },
  targets: {
    boxes: randomBoxes(rng.fork('targets'), targets),
    labels: Int32Array.from({ length: targets }, () => rng.int(numClasses)),
  },
});

/** A context for `assign`, equal for equal seeds. */
export const assignContext = (seed = 0): AssignContext => ({
  rng: createRng(seed),
  progress: 0.5,
  epoch: 3,
  step: 100,
  output: 'layer.0',
});

const mapBoxes = (boxes: Float32Array, change: (box: Float32Array) => readonly number[]): Float32Array => {
  const out = new Float32Array(boxes.length);
  for (let k = 0; k < boxes.length; k += 4) out.set(change(boxes.subarray(k, k + 4)), k);
  return out;
};

/** The scene with all boxes changed. */
export const mapScene = ({ candidates, targets }: Scene, change: (box: Float32Array) => readonly number[]): Scene => ({
  candidates: { ...candidates, boxes: mapBoxes(candidates.boxes, change) },
  targets: { ...targets, boxes: mapBoxes(targets.boxes, change) },
});

const pick = <T extends Float32Array | Int32Array | Uint8Array>(values: T, order: Int32Array, width: number): T => {
  const out = values.slice(0, order.length * width) as T;
  order.forEach((from, to) => {
    out.set(values.subarray(from * width, (from + 1) * width), to * width);
  });
  return out;
};

/** The scene with these candidates and targets only, in this order: place i holds what was at `order[i]`. Levels are kept as they are. */
export const pickScene = (
  { candidates, targets }: Scene,
  candidateOrder: Int32Array,
  targetOrder: Int32Array,
): Scene => ({
  candidates: {
    ...candidates,
    boxes: pick(candidates.boxes, candidateOrder, 4),
    ...(candidates.logits && { logits: pick(candidates.logits, candidateOrder, candidates.numClasses) }),
    ...(candidates.valid && { valid: pick(candidates.valid, candidateOrder, 1) }),
  },
  targets: { boxes: pick(targets.boxes, targetOrder, 4), labels: pick(targets.labels, targetOrder, 1) },
});
