// Speed of kernels and their gradients through the compiled way: `pnpm bench:kernels [threads]`.
import type { HostTensor } from '@detrain/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import { createEngine } from '../src/index.ts';
import { tf } from '../src/tf.ts';

interface Kernel {
  readonly name: string;
  readonly inputs: readonly (readonly number[])[];
  /** Multiplications and additions of the forward pass; a gradient of one input takes as many. */
  readonly operations: number;
  run(inputs: Tensor[]): Tensor;
}

const convolution = (batch: number, side: number, from: number, to: number, kernel: number, stride = 1): Kernel => ({
  name: `conv ${kernel}x${kernel}/${stride} ${batch}x${side}x${side} ${from}->${to}`,
  inputs: [
    [batch, side, side, from],
    [kernel, kernel, from, to],
  ],
  operations: 2 * batch * (side / stride) ** 2 * from * to * kernel ** 2,
  run: ([x, w]) => tf.conv2d(x as never, w as never, stride, 'same'),
});

const depthwise = (batch: number, side: number, channels: number, kernel: number): Kernel => ({
  name: `depthwise ${kernel}x${kernel} ${batch}x${side}x${side}x${channels}`,
  inputs: [
    [batch, side, side, channels],
    [kernel, kernel, channels, 1],
  ],
  operations: 2 * batch * side ** 2 * channels * kernel ** 2,
  run: ([x, w]) => tf.depthwiseConv2d(x as never, w as never, 1, 'same'),
});

const matMul = (batch: number, m: number, k: number, n: number): Kernel => ({
  name: `matMul ${batch}x ${m}x${k}x${n}`,
  inputs: [
    [batch, m, k],
    [batch, k, n],
  ],
  operations: 2 * batch * m * k * n,
  run: ([a, b]) => tf.matMul(a!, b!),
});

const attention = (heads: number, queries: number, keys: number, dim: number): Kernel => ({
  name: `attention ${heads}x ${queries}x${keys}x${dim}`,
  inputs: [
    [heads, queries, dim],
    [heads, keys, dim],
    [heads, keys, dim],
  ],
  operations: 4 * heads * queries * keys * dim,
  run: ([q, k, v]) => tf.matMul(tf.softmax(tf.matMul(tf.mul(q!, dim ** -0.5), k!, false, true)), v!),
});

const kernels: readonly Kernel[] = [
  convolution(4, 40, 128, 128, 3),
  convolution(4, 40, 128, 128, 1),
  convolution(4, 80, 16, 32, 3, 2),
  convolution(4, 20, 256, 256, 3),
  depthwise(4, 40, 128, 5),
  matMul(1, 2000, 256, 512),
  matMul(32, 300, 32, 300),
  attention(32, 300, 300, 32),
  attention(32, 500, 500, 16),
];

const random = (shape: readonly number[]): HostTensor => {
  const size = shape.reduce((a, b) => a * b, 1);
  return { shape, dtype: 'float32', data: Float32Array.from({ length: size }, () => Math.random() - 0.5) };
};

// Shapes are asked of the cpu backend, which this makes ready.
await createEngine({ engine: 'cpu' });
const engine = await createEngine({ engine: 'compiled', ...(process.argv[2] && { threads: Number(process.argv[2]) }) });
console.log(engine.describe());

/** Best milliseconds of a function of tensors. A corner of its result is enough to have all of it computed. */
const time = async (
  name: string,
  shapes: readonly (readonly number[])[],
  run: (inputs: Tensor[]) => Tensor,
): Promise<number> => {
  const inputs = Object.fromEntries(shapes.map((shape, i) => [`${i}`, random(shape)]));
  const inference = engine.inference({
    name,
    run: (given) => {
      const result = run(shapes.map((_, i) => given[i]!));
      return {
        corner: tf.slice(
          result,
          result.shape.map(() => 0),
          result.shape.map(() => 1),
        ),
      };
    },
  });
  await inference.run(inputs);
  let best = Number.POSITIVE_INFINITY;
  for (const end = performance.now() + 1000; performance.now() < end; ) {
    const start = performance.now();
    await inference.run(inputs);
    best = Math.min(best, performance.now() - start);
  }
  await inference.dispose();
  return best;
};

for (const { name, inputs, operations, run } of kernels) {
  const columns = [name.padEnd(36)];
  const entry = (label: string, ms: number, factor = 1) =>
    columns.push(
      `${label} ${ms.toFixed(2).padStart(7)} ms ${((operations * factor) / ms / 1e6).toFixed(1).padStart(6)} GFLOP/s`,
    );
  entry('forward', await time(name, inputs, run));
  const isProduct = inputs.length === 2;
  // The gradient of one input; of attention all three at once, which takes two products for each of its own two.
  const shape = tf.tidy(() => run(inputs.map((extent) => tf.zeros([...extent]))).shape);
  if (isProduct)
    for (const [i, label] of ['da', 'db'].entries())
      entry(
        label,
        await time(
          name,
          [...inputs, shape],
          (given) => tf.grads((...xs: Tensor[]) => run(xs))(given.slice(0, 2), given[2]!)[i]!,
        ),
      );
  else
    entry(
      'forward and all gradients',
      await time(name, [...inputs, shape], (given) => {
        const gradients = tf.grads((...xs: Tensor[]) => run(xs))(given.slice(0, 3), given[3]!);
        return tf.stack(gradients.map((gradient) => tf.sum(gradient)));
      }),
      3,
    );
  console.log(columns.join('  '));
}
await engine.dispose();
