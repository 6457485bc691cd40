import type { BatchAugmentation, Rng, Sample } from '@detrain/core';
import { roundShare } from './mixup.ts';
import { concatTargets, fromPixels, toPixels } from './pixel-boxes.ts';

export interface CopyBlendOptions {
  /** Of a batch being changed (0.5). */
  readonly probability?: number;
  /** Most objects put into an image (3). */
  readonly objects?: number;
  /** Least area in square pixels of an object that is copied (100). */
  readonly minArea?: number;
  /** How much of its size an object's surroundings come along, drawn once an object (0.1 to 0.25). */
  readonly expand?: readonly [number, number];
  /** Range of the share of what was there before (0.45 to 0.55). */
  readonly share?: readonly [number, number];
}

interface Piece {
  readonly sample: Sample;
  readonly label: number;
  /** x1 y1 x2 y2, whole pixels. */
  readonly box: readonly [number, number, number, number];
}

const piecesOf = (samples: readonly Sample[], minArea: number): Piece[] =>
  samples.flatMap((sample) => {
    const { width, height } = sample.image;
    const { boxes, labels } = toPixels(sample.targets, width, height);
    return Array.from(labels, (label, i): Piece => {
      const side = (k: number, most: number) => Math.min(Math.max(Math.round(boxes[i * 4 + k]!), 0), most);
      return { sample, label, box: [side(0, width), side(1, height), side(2, width), side(3, height)] };
    }).filter(({ box: [x1, y1, x2, y2] }) => x2 > x1 && y2 > y1 && (x2 - x1) * (y2 - y1) >= minArea);
  });

/** Draws `count` of a list without replacement. */
const drawSome = <T>(list: readonly T[], count: number, rng: Rng): T[] =>
  Array.from(rng.permutation(list.length).subarray(0, count), (i) => list[i]!);

/**
 * Copies objects of the batch into its images at random places, blended with what is there (DEIMv2's CopyBlend): each image
 * gains up to three objects. The pixels around an object come along; its new box is the object's own.
 */
export const copyBlend = (options: CopyBlendOptions = {}): BatchAugmentation => {
  const { probability = 0.5, objects = 3, minArea = 100, expand = [0.1, 0.25], share = [0.45, 0.55] } = options;
  const addTo = (sample: Sample, pool: readonly Piece[], beta: number, rng: Rng): Sample => {
    const { width, height } = sample.image;
    const data = sample.image.data.slice();
    const boxes: number[] = [];
    const labels: number[] = [];
    for (const { sample: from, label, box } of drawSome(pool, Math.min(objects, pool.length), rng)) {
      const [x1, y1, x2, y2] = box;
      const [w, h] = [x2 - x1, y2 - y1];
      const left = rng.int(Math.max(1, width - w + 1));
      const top = rng.int(Math.max(1, height - h + 1));
      const margin = rng.uniform(expand[0], expand[1]);
      const mx = Math.round((w * margin) / 2);
      const my = Math.round((h * margin) / 2);
      // Offsets of the patch that lie inside both images.
      const fromX = Math.max(-mx, -x1, -left);
      const toX = Math.min(w + mx, width - x1, width - left);
      const fromY = Math.max(-my, -y1, -top);
      const toY = Math.min(h + my, height - y1, height - top);
      for (let dy = fromY; dy < toY; dy++) {
        let source = ((y1 + dy) * width + x1 + fromX) * 3;
        let target = ((top + dy) * width + left + fromX) * 3;
        for (const end = target + (toX - fromX) * 3; target < end; target++)
          data[target] = data[target]! * beta + from.image.data[source++]! * (1 - beta) + 0.5;
      }
      boxes.push(left, top, left + w, top + h);
      labels.push(label);
    }
    const added = fromPixels({ boxes: Float64Array.from(boxes), labels: Int32Array.from(labels) }, width, height);
    return { ...sample, image: { width, height, data }, targets: concatTargets([sample.targets, added]) };
  };
  return {
    name: 'copy-blend',
    options: { probability, objects, minArea, expand, share },
    applyBatch(samples, { rng }) {
      const acts = rng.next() < probability;
      const beta = roundShare(rng.uniform(share[0], share[1]));
      const pool = acts ? piecesOf(samples, minArea) : [];
      return pool.length === 0 ? samples : samples.map((sample) => addTo(sample, pool, beta, rng));
    },
  };
};
