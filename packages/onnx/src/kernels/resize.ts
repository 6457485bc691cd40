import { inOrder, NCHW } from '../convolution.ts';
import { defineKernel } from '../kernel.ts';
import { matmul } from '../matmul.ts';
import type { Recording } from '../recording.ts';
import { take } from '../take.ts';
import { constant, permuted, type Traced } from '../traced.ts';

interface ResizeAttributes {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly size: [number, number];
}

/** What one output position is made of: places of the input and their weights. */
type Mixture = readonly (readonly [place: number, weight: number])[];
type Sampler = (size: number, out: number, attributes: Omit<ResizeAttributes, 'size'>) => Mixture[];

const scaleOf = (size: number, out: number, alignCorners: boolean): number =>
  alignCorners && out > 1 ? (size - 1) / (out - 1) : size / out;

/** tfjs's nearest neighbour. */
const nearest: Sampler = (size, out, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(size, out, alignCorners);
  return Array.from({ length: out }, (_, i) => {
    const at = scale * (halfPixelCenters ? i + 0.5 : i);
    const place = alignCorners ? Math.round(at) : Math.floor(at);
    return [[Math.max(0, Math.min(size - 1, place)), 1]];
  });
};

/** tfjs's linear interpolation. */
const linear: Sampler = (size, out, { alignCorners, halfPixelCenters }) => {
  const scale = scaleOf(size, out, alignCorners);
  return Array.from({ length: out }, (_, i) => {
    const at = halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const low = Math.max(0, Math.floor(at));
    const part = at - low;
    return [
      [Math.min(size - 1, low), 1 - part],
      [Math.max(0, Math.min(size - 1, Math.ceil(at))), part],
    ];
  });
};

/** The weights of a resize along one axis `[size, out]`. */
const matrix = (mixtures: readonly Mixture[], size: number): Traced => {
  const out = mixtures.length;
  const weights = new Float32Array(size * out);
  for (const [i, mixture] of mixtures.entries())
    for (const [place, weight] of mixture) weights[place * out + i]! += weight;
  return constant(weights, [size, out]);
};

/** Mixes rows and columns of an image with constant weights; `back` takes a gradient the other way. */
const mix = (recording: Recording, x: Traced, rows: Traced, columns: Traced, back: boolean): Traced => {
  const planes = permuted(inOrder(recording, x, NCHW), NCHW);
  const wide = matmul(recording, planes, columns, false, back);
  return permuted(matmul(recording, rows, wide, !back, false), [0, 2, 3, 1]);
};

const resize = (
  recording: Recording,
  x: Traced,
  sampler: Sampler,
  { size: [height, width], ...rule }: ResizeAttributes,
  back = false,
  of = x,
) => {
  const rows = sampler(of.shape[1]!, height, rule);
  const columns = sampler(of.shape[2]!, width, rule);
  const pure = (mixtures: readonly Mixture[]) => mixtures.every((mixture) => mixture.length === 1);
  if (!back && pure(rows) && pure(columns)) {
    const places = (mixtures: readonly Mixture[]) => mixtures.map((mixture) => mixture[0]![0]);
    return take(recording, take(recording, x, places(columns), 2), places(rows), 1);
  }
  return mix(recording, x, matrix(rows, of.shape[1]!), matrix(columns, of.shape[2]!), back);
};

for (const [name, sampler] of [
  ['ResizeNearestNeighbor', nearest],
  ['ResizeBilinear', linear],
] as const) {
  defineKernel<ResizeAttributes>(name, ({ inputs, attributes, recording }) =>
    resize(recording, inputs['images']!, sampler, attributes),
  );
  // The gradient's attributes are the forward kernel's, `size` its output's.
  defineKernel<ResizeAttributes>(`${name}Grad`, ({ inputs, attributes, recording }) =>
    resize(recording, inputs['dy']!, sampler, attributes, true, inputs['images']!),
  );
}
