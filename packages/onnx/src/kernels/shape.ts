import { util } from '@tensorflow/tfjs-core';
import { repeated } from '../elementwise.ts';
import { concat, split } from '../join.ts';
import { defineKernel } from '../kernel.ts';
import { reshape } from '../reshape.ts';
import { permuted } from '../traced.ts';

defineKernel<{ shape: number[] }>('Reshape', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  return reshape(recording, x, util.inferFromImplicitShape(attributes.shape, util.sizeFromShape([...x.shape])));
});

defineKernel<{ dim: number }>('ExpandDims', ({ inputs, attributes, recording }) => {
  const x = inputs['input']!;
  const dim = attributes.dim < 0 ? x.shape.length + 1 + attributes.dim : attributes.dim;
  return reshape(recording, x, x.shape.toSpliced(dim, 0, 1));
});

defineKernel<{ perm: number[] }>('Transpose', ({ inputs, attributes }) => permuted(inputs['x']!, attributes.perm));

defineKernel<{ shape: number[] }>('BroadcastTo', ({ inputs, attributes }) => repeated(inputs['x']!, attributes.shape));

defineKernel<{ reps: number[] }>('Tile', ({ inputs, attributes: { reps }, recording }) => {
  const x = inputs['x']!;
  const shape = x.shape.map((size, axis) => size * reps[axis]!);
  // Repeating an axis of one element, or one that repeats already, can wait.
  const cheap = reps.every((count, axis) => count === 1 || x.stored[axis] === 1);
  if (cheap) return repeated(x, shape);
  const whole = reps.flatMap((count, axis) => (count > 1 && x.stored[axis] !== 1 ? [axis] : []));
  const counts = reps.map((count, axis) => (whole.includes(axis) ? count : 1));
  const stored = x.stored.map((size, axis) => size * counts[axis]!);
  const repeats = recording.int64(x.perm.map((axis) => counts[axis]!));
  return recording.value('Tile', [recording.name(x), repeats], { shape, stored, perm: x.perm, dtype: x.dtype });
});

defineKernel<{ axis: number | number[] }>('Concat', ({ inputs, attributes, recording }) => {
  const all = Object.values(inputs);
  const axis = util.parseAxisParam(attributes.axis, [...all[0]!.shape])[0]!;
  const values = all.filter((value) => value.shape[axis] !== 0);
  return concat(recording, values, axis);
});

defineKernel<{ axis: number }>('Pack', ({ inputs, attributes, recording }) => {
  const values = Object.values(inputs);
  const rank = values[0]!.shape.length + 1;
  const axis = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
  return concat(
    recording,
    values.map((value) => reshape(recording, value, value.shape.toSpliced(axis, 0, 1))),
    axis,
  );
});

defineKernel<{ axis: number; numOrSizeSplits: number | number[] }>('SplitV', ({ inputs, attributes, recording }) => {
  const x = inputs['x']!;
  const axis = util.parseAxisParam(attributes.axis, [...x.shape])[0]!;
  const total = x.shape[axis]!;
  const given = attributes.numOrSizeSplits;
  const sizes = typeof given === 'number' ? Array.from({ length: given }, () => total / given) : [...given];
  const open = sizes.indexOf(-1);
  if (open >= 0) sizes[open] = total - sizes.reduce((sum, size, i) => (i === open ? sum : sum + size), 0);
  return split(recording, x, axis, sizes);
});

defineKernel<{ axis: number }>('Unpack', ({ inputs, attributes, recording }) => {
  const x = inputs['value']!;
  const axis = attributes.axis < 0 ? attributes.axis + x.shape.length : attributes.axis;
  const sizes = Array.from({ length: x.shape[axis]! }, () => 1);
  return split(recording, x, axis, sizes).map((part) => reshape(recording, part, part.shape.toSpliced(axis, 1)));
});
