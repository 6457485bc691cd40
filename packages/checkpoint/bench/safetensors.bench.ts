import { bench, describe } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../src/index.ts';

const tensors = Object.fromEntries(
  Array.from({ length: 190 }, (_, i) => [
    `p${i}`,
    { dtype: 'float32' as const, shape: [20_000], data: new Float32Array(20_000).fill(i) },
  ]),
);
const bytes = encodeSafetensors(tensors);

describe('15 MB of weights', () => {
  bench('encode', () => void encodeSafetensors(tensors));
  bench('decode', () => void decodeSafetensors(bytes));
});
