/** A seeded generator of named streams. */
export interface Rng {
  /** A float64 in [0, 1). */
  next(): number;
  /** An integer in [0, n). */
  int(n: number): number;
  /** A float64 in [low, high). */
  uniform(low: number, high: number): number;
  /** Standard normal. */
  normal(): number;
  /** A new stream that depends on this one's seed and the name only, not on how much was drawn. */
  fork(name: string | number): Rng;
  /** A shuffled `[0, n)`. */
  permutation(n: number): Int32Array;
}

/** CRC-32 (the zlib polynomial) of a string's UTF-8 bytes, unsigned. */
export const crc32 = (text: string): number => {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
};

/** The mulberry32 stream of a 32-bit seed: float64 in [0, 1). */
export const mulberry32 = (seed: number): (() => number) => {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

/** A generator from a seed; equal seeds give equal streams on every machine. */
export const createRng = (seed: number | string): Rng => {
  const key = typeof seed === 'string' ? crc32(seed) : seed >>> 0;
  const next = mulberry32(key);
  const int = (n: number) => Math.floor(next() * n);
  return {
    next,
    int,
    uniform: (low, high) => low + (high - low) * next(),
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    fork: (name) => createRng(crc32(`${key}/${name}`)),
    permutation: (n) => {
      const order = Int32Array.from({ length: n }, (_, i) => i);
      for (let i = n - 1; i > 0; i--) {
        const j = int(i + 1);
        const held = order[i] as number;
        order[i] = order[j] as number;
        order[j] = held;
      }
      return order;
    },
  };
};
