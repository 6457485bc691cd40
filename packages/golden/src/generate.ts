import { crc32, type HostTensor, mulberry32, type Targets } from '@detrain/core';
import type { ParameterSpec } from '@detrain/core/tensors';

/**
 * The reference data's generator: the first `count` outputs of mulberry32 seeded with the CRC-32 of a name, in [0, 1).
 */
export const uniforms = (name: string, count: number): Float64Array => {
  const next = mulberry32(crc32(name));
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = next();
  return values;
};

const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

const host = (shape: readonly number[], data: Float32Array): HostTensor => ({ shape, dtype: 'float32', data });

/** Tensors that keep their real value (weight rule 1); the last two, of vision transformers, only in our own selection. */
const REAL = new Set([
  'num_batches_tracked',
  'anchors',
  'valid_mask',
  'up',
  'reg_scale',
  'num_points_scale',
  'periods',
  'bias_mask',
]);

/** Whether a key's tensor keeps its real value. */
export const keepsItsValue = (key: string): boolean => REAL.has(key.split('.').at(-1) ?? '');

/** The transform of u in [0, 1) that the weight rules 2 to 8 prescribe for a key. */
const rule = (key: string, shape: readonly number[]): ((u: number) => number) => {
  if (key.endsWith('running_mean')) return (u) => 0.1 * (2 * u - 1);
  if (key.endsWith('running_var')) return (u) => 1 + 0.2 * u;
  if (/score_head(\.\d+)?\.bias$/.test(key)) return (u) => -3 + 0.5 * (2 * u - 1);
  if (/(denoising_class_embed|tgt_embed)\.weight$/.test(key)) return (u) => 2 * u - 1;
  if (shape.length >= 2) {
    const gain = shape.length === 4 && !key.includes('res_layers.') ? 5 : 3;
    const bound = Math.sqrt(gain / sizeOf(shape.slice(1)));
    return (u) => (2 * u - 1) * bound;
  }
  if (shape.length === 1 && /(weight|scale)$/.test(key)) return (u) => 1 + 0.1 * (2 * u - 1);
  return (u) => 0.05 * (2 * u - 1);
};

/** The weight of a state-dict key, PyTorch layout, rounded once to float32. */
export const goldenWeight = (key: string, shape: readonly number[], salt = ''): Float32Array =>
  Float32Array.from(uniforms(salt + key, sizeOf(shape)), rule(key, shape));

/**
 * The weights of a model. Of a tensor with several names the last in state-dict order decides; derived tensors and
 * counters are left out.
 */
export const goldenWeights = (specs: readonly ParameterSpec[], salt = ''): Map<string, HostTensor> => {
  const tensors = new Map<string, HostTensor>();
  for (const spec of specs) {
    if (spec.kind === 'derived' || spec.kind === 'counter') continue;
    const name = spec.sharedWith ?? spec.name;
    if (!keepsItsValue(spec.name)) tensors.set(name, host(spec.shape, goldenWeight(spec.name, spec.shape, salt)));
    // real values depend on no draw
    else if (!spec.sharedWith) tensors.set(name, host(spec.shape, spec.init(undefined as never)));
  }
  return tensors;
};

/** A batch of images `[batch, channels, height, width]` as float32 NHWC. */
export const goldenImage = (name: string, shape: readonly number[]): HostTensor =>
  toNhwc(host(shape, Float32Array.from(uniforms(name, sizeOf(shape)))));

/** A feature map in [-1, 1), given as NCHW, returned as NHWC. */
export const goldenFeature = (name: string, shape: readonly number[]): HostTensor =>
  toNhwc(
    host(
      shape,
      Float32Array.from(uniforms(name, sizeOf(shape)), (u) => 2 * Math.fround(u) - 1),
    ),
  );

const permute = ({ shape, data }: HostTensor, to: 'nhwc' | 'nchw'): HostTensor => {
  const [batch = 1, a = 1, b = 1, c = 1] = shape;
  // [B, C, H * W] <-> [B, H * W, C]
  const [rows, columns] = to === 'nhwc' ? [a, b * c] : [a * b, c];
  const out = new Float32Array(data.length);
  for (let n = 0; n < batch; n++)
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++)
        out[(n * columns + j) * rows + i] = data[(n * rows + i) * columns + j] as number;
  return host(to === 'nhwc' ? [batch, b, c, a] : [batch, c, a, b], out);
};

/** `[batch, channels, height, width]` to `[batch, height, width, channels]`. */
export const toNhwc = (tensor: HostTensor): HostTensor => permute(tensor, 'nhwc');

/** `[batch, height, width, channels]` to `[batch, channels, height, width]`. */
export const toNchw = (tensor: HostTensor): HostTensor => permute(tensor, 'nchw');

/** The training targets of a name: image `i` has `counts[i]` boxes. */
export const goldenTargets = (name: string, counts: readonly number[], numClasses: number): Targets[] =>
  counts.map((count, image) => ({
    boxes: Float32Array.from(uniforms(`${name}.${image}.boxes`, count * 4), (u, k) =>
      k % 4 < 2 ? 0.15 + 0.7 * u : 0.05 + 0.25 * u,
    ),
    labels: Int32Array.from(uniforms(`${name}.${image}.labels`, count), (u) => Math.floor(u * numClasses)),
  }));

/** The denoising draws of a name for `queries` queries in each of `batch` images. */
export const denoisingDraws = (name: string, batch: number, queries: number, numClasses: number) => {
  const count = batch * queries;
  return {
    labelMask: Float32Array.from(uniforms(`${name}.label_mask_rand`, count)),
    newLabel: Int32Array.from(uniforms(`${name}.new_label`, count), (u) => Math.floor(u * numClasses)),
    boxSign: Uint8Array.from(uniforms(`${name}.box_sign_01`, count * 4), (u) => Math.floor(2 * u)),
    boxPart: Float32Array.from(uniforms(`${name}.box_part_rand`, count * 4)),
  };
};
