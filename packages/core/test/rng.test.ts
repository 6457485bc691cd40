import { crc32, createRng, mulberry32 } from '@detrain/core';
import { describe, expect, it } from 'vitest';

describe('rng', () => {
  it('gives the published CRC-32 and mulberry32 values', () => {
    expect(crc32('image')).toBe(3309110367);
    const u = mulberry32(crc32('image'));
    expect([u(), u(), u()]).toEqual([0.9091398473829031, 0.03323021647520363, 0.1454489582683891]);
  });

  it('forks streams that do not depend on how much was drawn', () => {
    const a = createRng(7);
    const b = createRng(7);
    b.next();
    expect(a.fork('x').next()).toBe(b.fork('x').next());
    expect(a.fork('x').next()).not.toBe(a.fork('y').next());
  });
});
