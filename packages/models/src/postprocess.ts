import { batchedNms, cxcywhToXyxy, type Detections, type Suppression, softNms } from '@detrain/core';

/** Options of {@link postprocess}. */
export interface PostprocessOptions {
  readonly numClasses: number;
  /** Size of the original image in pixels. */
  readonly width: number;
  readonly height: number;
  /** Default the 300 best scores, without suppression. */
  readonly suppression?: Suppression;
}

/** Indices of the largest values, best first; of equal ones the first comes first. Never more than there are. */
const largest = (values: Float32Array, count: number): Int32Array =>
  Int32Array.from({ length: values.length }, (_, i) => i)
    .sort((a, b) => (values[b] as number) - (values[a] as number) || a - b)
    .subarray(0, count);

const take = (boxes: Float32Array, kept: ArrayLike<number>) => {
  const result = new Float32Array(kept.length * 4);
  for (let i = 0; i < kept.length; i++)
    result.set(boxes.subarray(4 * (kept[i] as number), 4 * (kept[i] as number) + 4), 4 * i);
  return result;
};

/**
 * Detections of one image from a layer's predictions, on the host, best first.
 *
 * Scores are taken over all pairs of query and class, so a query may appear with several classes, as DETR's successors
 * do. With suppression, non-maximum suppression runs within each class (DETA; soft for Co-DETR) on the best pairs.
 *
 * @param logits class logits `[queries * numClasses]`
 * @param boxes cx cy w h in [0, 1] `[queries * 4]`
 */
export const postprocess = (
  logits: Float32Array,
  boxes: Float32Array,
  { numClasses, width, height, suppression = { kind: 'top-k', count: 300 } }: PostprocessOptions,
): Detections => {
  if (logits.length / numClasses !== boxes.length / 4)
    throw new Error(
      `@detrain/models: ${logits.length} logits and ${boxes.length} box values for ${numClasses} classes. Both want the same number of queries. Pass one image's predictions.`,
    );
  const count = suppression.kind === 'nms' ? suppression.preCount : suppression.count;
  const best = largest(logits, count);
  const scores = Float32Array.from(best, (i) => 1 / (1 + Math.exp(-(logits[i] as number))));
  const labels = Int32Array.from(best, (i) => i % numClasses);
  const corners = cxcywhToXyxy(
    take(
      boxes,
      Int32Array.from(best, (i) => Math.floor(i / numClasses)),
    ),
  );
  const pixels = corners.map((value, i) => value * (i % 2 === 0 ? width : height));
  const keep = (
    kept: Int32Array,
    final: Float32Array = Float32Array.from(kept, (i) => scores[i] as number),
  ): Detections => ({
    boxes: take(pixels, kept),
    scores: final,
    labels: Int32Array.from(kept, (i) => labels[i] as number),
  });
  if (suppression.kind === 'nms')
    return keep(batchedNms(pixels, scores, labels, suppression.iou).subarray(0, suppression.count));
  if (suppression.kind === 'soft-nms') {
    const soft = softNms(pixels, scores, { iouThreshold: suppression.iou, sigma: suppression.sigma, labels });
    return keep(soft.indices.subarray(0, suppression.count), soft.scores.subarray(0, suppression.count));
  }
  return { boxes: pixels, scores, labels };
};
