import type { HostTensors } from '@detrain/core';
import type { ZooDetector } from '@detrain/models';
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

/** A whole model in eval mode: selected tokens, logits, boxes, detections. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as FullMeta;
  const detector = detectorOf(golden);
  const batch = meta.input_shape[0] ?? 1;
  checks.count('n_state_keys', detector.parameters.length, meta.n_state_keys);
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
};
