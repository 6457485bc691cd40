import { util } from '@tensorflow/tfjs-core';
import { arithmetic } from '../arithmetic.ts';
import { elementwise } from '../elementwise.ts';
import { sizeOf } from '../graph.ts';
import { defineKernel } from '../kernel.ts';
import { castTo, type Recording } from '../recording.ts';
import { reshape } from '../reshape.ts';
import { scatterRows } from '../scatter.ts';
import { constant, identity, masked, type Traced, uniform } from '../traced.ts';

/** The value in tfjs's own order, nothing put off. */
const plain = (recording: Recording, value: Traced): string =>
  recording.place(value, { perm: identity(value.shape.length), whole: true });

const made = (name: string, shape: readonly number[], dtype: Traced['dtype']): Traced => ({
  shape,
  stored: shape,
  perm: identity(shape.length),
  dtype,
  source: { kind: 'value', name },
});

defineKernel<{ axis: number; batchDims?: number }>('GatherV2', ({ inputs, attributes, recording }) => {
  const { x, indices } = inputs as Record<'x' | 'indices', Traced>;
  const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
  const batchDims = attributes.batchDims ?? 0;
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  const data = plain(recording, x);
  const index = plain(recording, indices);
  if (batchDims === 0) {
    return made(
      recording.node('Gather', [data, index], { shape, dtype: x.dtype }, { axis: { int: axis } }),
      shape,
      x.dtype,
    );
  }
  // One flat gather over [batch * axes before, axis], each batch's indices moved to its own part.
  const batch = sizeOf(x.shape.slice(0, batchDims));
  const between = sizeOf(x.shape.slice(batchDims, axis));
  const size = x.shape[axis]!;
  const inner = sizeOf(x.shape.slice(axis + 1));
  const count = sizeOf(indices.shape.slice(batchDims));
  const starts = constant(
    Array.from({ length: batch * between }, (_, i) => i * size),
    [batch, between, 1],
    'int32',
  );
  const flat = arithmetic(recording).add(reshape(recording, indices, [batch, 1, count]), starts);
  const rows = plain(recording, reshape(recording, x, [batch * between * size, inner]));
  const out = [batch, between, count, inner];
  const name = recording.node(
    'Gather',
    [rows, plain(recording, flat)],
    { shape: out, dtype: x.dtype },
    { axis: { int: 0 } },
  );
  return reshape(recording, made(name, out, x.dtype), shape);
});

defineKernel('GatherNd', ({ inputs, recording }) => {
  const { params, indices } = inputs as Record<'params' | 'indices', Traced>;
  const depth = indices.shape.at(-1)!;
  const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
  const wide = recording.node(
    'Cast',
    [plain(recording, indices)],
    { shape: indices.shape, dtype: 'int64' },
    castTo('int64'),
  );
  return made(
    recording.node('GatherND', [plain(recording, params), wide], { shape, dtype: params.dtype }),
    shape,
    params.dtype,
  );
});

defineKernel<{ shape: number[] }>('ScatterNd', ({ inputs, attributes: { shape }, recording }) => {
  const { indices, updates } = inputs as Record<'indices' | 'updates', Traced>;
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices.shape.slice(0, -1));
  const rows = sizeOf(shape.slice(0, depth));
  const width = sizeOf(shape.slice(depth));
  const strides = Array.from({ length: depth }, (_, i) => sizeOf(shape.slice(i + 1, depth)));
  const { mul } = arithmetic(recording);
  const flat = reshape(recording, indices, [count, depth]);
  const places =
    depth === 1
      ? reshape(recording, flat, [count])
      : made(
          recording.node(
            'ReduceSum',
            [recording.name(mul(flat, constant(strides, [depth], 'int32'))), recording.int64([1])],
            { shape: [count], dtype: 'int32' },
            { keepdims: { int: 0 } },
          ),
          [count],
          'int32',
        );
  return reshape(recording, scatterRows(recording, reshape(recording, updates, [count, width]), places, rows), shape);
});

defineKernel<{ numSegments: number }>('UnsortedSegmentSum', ({ inputs, attributes: { numSegments }, recording }) => {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', Traced>;
  const count = segmentIds.shape[0]!;
  const width = sizeOf(x.shape.slice(1));
  const sums = scatterRows(recording, reshape(recording, x, [count, width]), segmentIds, numSegments);
  return reshape(recording, sums, [numSegments, ...x.shape.slice(1)]);
});

interface OneHotAttributes {
  readonly depth: number;
  readonly onValue?: number;
  readonly offValue?: number;
  readonly dtype?: Traced['dtype'];
}

defineKernel<OneHotAttributes>('OneHot', ({ inputs, attributes, recording }) => {
  const indices = inputs['indices']!;
  const { depth, onValue = 1, offValue = 0, dtype = 'int32' } = attributes;
  const columns = constant(
    Array.from({ length: depth }, (_, i) => i),
    [depth],
    'int32',
  );
  // Not ONNX's OneHot: that counts negative indices from the end.
  const column = reshape(recording, indices, [...indices.shape, 1]);
  const hit = elementwise(recording, 'Equal', [column, columns], 'bool');
  if (onValue === 1 && offValue === 0) return masked(hit, dtype);
  return elementwise(recording, 'Where', [hit, uniform(onValue, [], dtype), uniform(offValue, [], dtype)], dtype);
});

defineKernel<{ k: number; sorted: boolean }>('TopK', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const axis = x.shape.length - 1;
  const shape = x.shape.with(axis, attributes.k);
  const [values, wide] = recording.nodes(
    'TopK',
    [plain(recording, x), recording.int64([attributes.k])],
    [
      { shape, dtype: x.dtype },
      { shape, dtype: 'int64' },
    ],
    { axis: { int: axis }, sorted: { int: Number(attributes.sorted) } },
  ) as [string, string];
  const indices = recording.node('Cast', [wide], { shape, dtype: 'int32' }, castTo('int32'));
  return [made(values, shape, x.dtype), made(indices, shape, 'int32')];
});
