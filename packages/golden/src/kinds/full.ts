import type { Detections, HostTensor, HostTensors } from '@detrain/core';
import { postprocess, type ZooDetector } from '@detrain/models';
import { makePass } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { runOnce } from '../engine.ts';
import { goldenImage, goldenWeights } from '../generate.ts';
import { detectorOf } from '../zoo.ts';

interface FullMeta {
  readonly weight_salt: string;
  readonly image_name: string;
  readonly input_shape: readonly number[];
  readonly mode: string;
  readonly n_state_keys: number;
  readonly num_classes: number;
  readonly orig_target_sizes_wh: readonly (readonly [number, number])[];
}

/** Limits of the reference's README, section 6. */
const LOGITS = 1e-4;
const BOXES = 1e-5;

/** For each query of the reference, our query of the same token; -1 where we did not select it. */
export const alignQueries = (ours: ArrayLike<number>, theirs: ArrayLike<number>, batch: number): Int32Array => {
  const queries = theirs.length / batch;
  const order = new Int32Array(theirs.length);
  for (let b = 0; b < batch; b++) {
    const queryOf = new Map<number, number>();
    for (let q = 0; q < queries; q++) queryOf.set(ours[b * queries + q] as number, q);
    for (let q = 0; q < queries; q++) order[b * queries + q] = queryOf.get(theirs[b * queries + q] as number) ?? -1;
  }
  return order;
};

/** Rows of `[batch, queries, width]` in another order of queries. */
export const reorder = (data: ArrayLike<number>, order: Int32Array, batch: number, width: number): Float32Array => {
  const queries = order.length / batch;
  const out = new Float32Array(order.length * width);
  for (let row = 0; row < order.length; row++) {
    const from = Math.floor(row / queries) * queries + (order[row] as number);
    for (let k = 0; k < width; k++)
      out[row * width + k] = (order[row] as number) < 0 ? Number.NaN : (data[from * width + k] as number);
  }
  return out;
};

/** A model's last layer in eval mode, and the tokens its queries come from. */
export const evaluate = (
  detector: ZooDetector,
  parameters: HostTensors,
  images: HostTensors[string],
): Promise<HostTensors> =>
  runOnce(
    {
      name: detector.name,
      run: (inputs) => {
        const pass = makePass({ tensors: inputs, specs: detector.parameters });
        const pyramid = detector.encode(inputs['images'] as Tensor4D, pass);
        const layer = detector.decode(pyramid, pass)[0]?.layers.at(-1);
        if (!layer) throw new Error(`golden: ${detector.name} gave no prediction.`);
        return { logits: layer.logits, boxes: layer.boxes, tokens: detector.select(pyramid, pass) };
      },
    },
    { ...parameters, images },
  );

/** Neighbouring scores may be nearer than this and then change places (reference README, section 6). */
const SCORE = 2e-5;

/** Detections as sets: every official one must be among ours with its class and box, unless its score ties with the last. */
const compareDetections = (golden: GoldenCase, checks: Checks, ours: Detections, image: number, size: number) => {
  const part = <T extends Float32Array | Int32Array>(all: T, width: number): T => {
    const count = all.length / width / ((golden.meta as unknown as FullMeta).input_shape[0] ?? 1);
    return all.subarray(image * count * width, (image + 1) * count * width) as T;
  };
  const scores = part(floatsOf(tensorOf(golden, 'post.scores')), 1);
  const labels = part(integersOf(tensorOf(golden, 'post.labels')), 1);
  const boxes = part(floatsOf(tensorOf(golden, 'post.boxes')), 4);
  checks.close(`post.scores of image ${image}`, ours.scores, scores, SCORE);
  const last = scores.at(-1) ?? 0;
  let missing = 0;
  labels.forEach((label, i) => {
    const score = scores[i] as number;
    if (score < last + SCORE) return;
    const found = ours.labels.some(
      (other, k) =>
        other === label &&
        Math.abs((ours.scores[k] as number) - score) < SCORE &&
        [0, 1, 2, 3].every(
          (side) => Math.abs((ours.boxes[4 * k + side] as number) - (boxes[4 * i + side] as number)) < 1e-4 * size,
        ),
    );
    if (!found) missing++;
  });
  checks.count(`post of image ${image}: missing detections`, missing, 0);
};

/** A whole model in eval mode: selected tokens, logits, boxes, detections. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as FullMeta;
  const detector = detectorOf(golden);
  const batch = meta.input_shape[0] ?? 1;
  // a deployed model has other keys, and the same outputs
  if (!/^eval, deployed/.test(meta.mode)) checks.count('n_state_keys', detector.parameters.length, meta.n_state_keys);
  const parameters = Object.fromEntries(goldenWeights(detector.parameters, meta.weight_salt));
  const { logits, boxes, tokens } = await evaluate(
    detector,
    parameters,
    goldenImage(meta.image_name, meta.input_shape),
  );
  const theirTokens = integersOf(tensorOf(golden, 'enc_topk_ind'));
  const order = alignQueries(tokens?.data ?? [], theirTokens, batch);
  checks.count('enc_topk_ind as sets: missing tokens', order.filter((query) => query < 0).length, 0);
  const aligned = (data: ArrayLike<number> = [], width: number) => reorder(data, order, batch, width);
  checks.close(
    'pred_logits',
    aligned(logits?.data, detector.numClasses),
    floatsOf(tensorOf(golden, 'pred_logits')),
    LOGITS,
  );
  checks.close('pred_boxes', aligned(boxes?.data, 4), floatsOf(tensorOf(golden, 'pred_boxes')), BOXES);
  if (!golden.tensors()['post.scores']) return;
  const { numClasses, numQueries } = detector;
  meta.orig_target_sizes_wh.forEach(([width, height], image) => {
    const of = (data: HostTensor['data'] = new Float32Array(0), each = 0) =>
      (data as Float32Array).subarray(image * numQueries * each, (image + 1) * numQueries * each);
    const count = tensorOf(golden, 'post.scores').shape[1] ?? 300;
    const suppression = { kind: 'top-k', count } as const;
    const detections = postprocess(of(logits?.data, numClasses), of(boxes?.data, 4), {
      numClasses,
      width,
      height,
      suppression,
    });
    compareDetections(golden, checks, detections, image, Math.max(width, height));
  });
};
