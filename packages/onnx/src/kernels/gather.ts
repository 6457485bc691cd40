import { util } from '@tensorflow/tfjs-core';
import { arithmetic } from '../arithmetic.ts';
import { elementwise } from '../elementwise.ts';
import { sizeOf } from '../graph.ts';
import { defineKernel } from '../kernel.ts';
import { castTo, type Recording } from '../recording.ts';
import { reduce } from '../reduce.ts';
import { reshape } from '../reshape.ts';
import { scatterRows } from '../scatter.ts';
import { slice } from '../slice.ts';
import { constant, identity, masked, named, type Traced, uniform } from '../traced.ts';

/** The value in tfjs's own order, nothing put off. */
const plain = (recording: Recording, value: Traced): string =>
  recording.place(value, { perm: identity(value.shape.length), whole: true });

defineKernel<{ axis: number; batchDims?: number }>('GatherV2', ({ inputs, attributes, recording }) => {
  const { x, indices } = inputs as Record<'x' | 'indices', Traced>;
  const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
  const batchDims = attributes.batchDims ?? 0;
  const shape = [...x.shape.slice(0, axis), ...indices.shape.slice(batchDims), ...x.shape.slice(axis + 1)];
  const data = plain(recording, x);
  const index = plain(recording, indices);
  if (batchDims === 0) {
    return recording.value('Gather', [data, index], { shape, dtype: x.dtype }, { axis: { int: axis } });
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
  const layout = { shape: out, dtype: x.dtype };
  const taken = recording.value('Gather', [rows, plain(recording, flat)], layout, { axis: { int: 0 } });
  return reshape(recording, taken, shape);
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
  return recording.value('GatherND', [plain(recording, params), wide], { shape, dtype: params.dtype });
});

defineKernel<{ shape: number[] }>('ScatterNd', ({ inputs, attributes: { shape }, recording }) => {
  const { indices, updates } = inputs as Record<'indices' | 'updates', Traced>;
  const depth = indices.shape.at(-1)!;
  const count = sizeOf(indices.shape.slice(0, -1));
  const rows = sizeOf(shape.slice(0, depth));
  const width = sizeOf(shape.slice(depth));
  const strides = Array.from({ length: depth }, (_, i) => sizeOf(shape.slice(i + 1, depth)));
  const parts = arithmetic(recording).mul(
    reshape(recording, indices, [count, depth]),
    constant(strides, [depth], 'int32'),
  );
  const places = reduce(recording, 'ReduceSum', parts, [1], false);
  return reshape(recording, scatterRows(recording, reshape(recording, updates, [count, width]), places, rows), shape);
});

defineKernel<{ numSegments: number }>('UnsortedSegmentSum', ({ inputs, attributes: { numSegments }, recording }) => {
  const { x, segmentIds } = inputs as Record<'x' | 'segmentIds', Traced>;
  const count = segmentIds.shape[0]!;
  const width = sizeOf(x.shape.slice(1));
  // tfjs leaves out rows without a segment: they go to a row of their own, which is cut off.
  const bound = (limit: number) => uniform(limit, [], 'int32');
  const below = elementwise(recording, 'Less', [segmentIds, bound(0)], 'bool');
  const places = elementwise(recording, 'Where', [below, bound(numSegments), segmentIds], 'int32');
  const capped = elementwise(recording, 'Min', [places, bound(numSegments)]);
  const sums = scatterRows(recording, reshape(recording, x, [count, width]), capped, numSegments + 1);
  const kept = slice(recording, sums, [{ axis: 0, start: 0, count: numSegments }]);
  return reshape(recording, kept, [numSegments, ...x.shape.slice(1)]);
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
  const indices = recording.value('Cast', [wide], { shape, dtype: 'int32' }, castTo('int32'));
  return [named(values, { shape, dtype: x.dtype }), indices];
});
