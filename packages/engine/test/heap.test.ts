import { expect, test } from 'vitest';
import { canKeepHeap, KEPT_HEAP, keepsHeap } from '../src/heap.ts';

const yes = () => true;

test('a heap is kept where both thresholds are high', () => {
  expect(keepsHeap(KEPT_HEAP, yes)).toBe(true);
  expect(keepsHeap(`glibc.cpu.hwcaps=-AVX2:${KEPT_HEAP}`, yes)).toBe(true);
  expect(keepsHeap('glibc.malloc.trim_threshold=0x7fffffff:glibc.malloc.mmap_threshold=0x7fffffff', yes)).toBe(true);
  expect(keepsHeap('', yes)).toBe(false);
  expect(keepsHeap('glibc.malloc.mmap_threshold=1000000000', yes)).toBe(false);
  expect(keepsHeap(KEPT_HEAP.replace('=4000000000', '=131072'), yes)).toBe(false);
  expect(keepsHeap(KEPT_HEAP.replace('=1000000000', '='), yes)).toBe(false);
});

test('glibc must take high thresholds', () => {
  expect(keepsHeap(KEPT_HEAP, () => false)).toBe(false);
  expect(['2.35', '2.36', '2.100', '3.0'].every((version) => canKeepHeap(version))).toBe(true);
  expect(['2.34', '2.4', '1.99', ''].some((version) => canKeepHeap(version))).toBe(false);
});
