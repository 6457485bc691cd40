import type { HostTensors } from '@detrain/core';
import type { GroupOutput, ParameterSpec, QueryGroup } from '@detrain/core/tensors';
import { makePass } from '@detrain/nn';
import type * as tf from '@tensorflow/tfjs-core';
import { createEngine } from '../../engine/src/index.ts';
import { goldenWeights } from '../../golden/src/generate.ts';
import type { ZooDetector } from '../src/index.ts';

/** The reference's weights as program inputs. */
export const goldenInputs = (specs: readonly ParameterSpec[]): HostTensors => Object.fromEntries(goldenWeights(specs));

let engine: ReturnType<typeof createEngine> | undefined;

/** Runs a program once on the fast engine (`cpu`: on the reference backend). */
export const runProgram = async (
  program: (inputs: Record<string, tf.Tensor>) => Record<string, tf.Tensor>,
  inputs: HostTensors,
): Promise<HostTensors> => {
  engine ??= createEngine({ engine: 'auto', threads: 2 });
  const inference = (await engine).inference({ name: 'test', run: program });
  try {
    return await inference.run(inputs);
  } finally {
    await inference.dispose();
  }
};

/** Every prediction of a model by a flat name: `main.layer.0.logits`, `main.pre.boxes`, `main.encoder.logits`, … */
export const flatten = (groups: readonly GroupOutput[]): Record<string, tf.Tensor> => {
  const entries = groups.flatMap(({ name, layers, pre, encoder }) => {
    const sets = [
      ...layers.map((layer, i) => [`${name}.layer.${i}`, layer] as const),
      ...(pre ? [[`${name}.pre`, pre] as const] : []),
      ...(encoder ? [[`${name}.encoder`, encoder] as const] : []),
    ];
    return sets.flatMap(([at, { logits, boxes, corners, reference }]) =>
      Object.entries({ logits, boxes, corners, reference }).flatMap(([part, value]) =>
        value ? [[`${at}.${part}`, value] as const] : [],
      ),
    );
  });
  return Object.fromEntries(entries);
};

/** What a detector says of images, by flat names, with the chosen tokens and new statistics. */
export const runDetector = (
  detector: ZooDetector,
  inputs: HostTensors,
  options: { training?: boolean; batchStatistics?: boolean } = {},
): Promise<HostTensors> =>
  runProgram((tensors) => {
    const pass = makePass({ ...options, tensors, specs: detector.parameters });
    const pyramid = detector.encode(tensors['images'] as tf.Tensor4D, pass);
    const known: QueryGroup[] = tensors['known.labels']
      ? [
          {
            name: 'known',
            labels: tensors['known.labels'] as tf.Tensor2D,
            boxes: tensors['known.boxes'] as tf.Tensor3D,
            mask: tensors['known.mask'] as tf.Tensor2D,
          },
        ]
      : [];
    const groups = detector.decode(pyramid, pass, known);
    const updates = [...pass.updates].map(([name, value]) => [`new.${name}`, value]);
    return { ...flatten(groups), indices: detector.select(pyramid, pass), ...Object.fromEntries(updates) };
  }, inputs);

/** For each query of ours, where the reference has the same token, or NaN. */
export const alignment = (ours: ArrayLike<number>, theirs: ArrayLike<number>, batch: number): number[] => {
  const queries = ours.length / batch;
  return Array.from({ length: batch }, (_, b) => {
    const where = new Map(Array.from({ length: queries }, (_, q) => [theirs[b * queries + q], q]));
    return Array.from({ length: queries }, (_, q) => b * queries + (where.get(ours[b * queries + q]) ?? Number.NaN));
  }).flat();
};

/** Rows of a flat array. */
export const pickRows = (data: ArrayLike<number>, order: readonly number[]): number[] => {
  const size = data.length / order.length;
  return order.flatMap((at) => Array.from({ length: size }, (_, i) => data[at * size + i] as number));
};
