/** Fixed-point bits of a weight: 8 for the sample, 2 to spare, as Pillow has it, so that results are equal to its. */
const BITS = 22;
/** Bits of the low half of a weight: both halves fit the 16 bits that the kernels multiply. */
const LOW = 11;

/** Of one axis of a resizing. */
export interface Weights {
  /** First source index per output `[out]`. */
  readonly first: Int32Array;
  /** Taps per output `[out]`. */
  readonly count: Int32Array;
  /** Greatest number of taps, in pairs. */
  readonly pairs: number;
  /** Greatest number of taps, in fours. */
  readonly groups: number;
  /** What the kernels read: per output the byte offset of the first pixel, then halves of weights `[out, 1 + 4 groups]`. */
  readonly records: Int32Array;
}

/** Weights of the triangle filter, widened by the factor of reduction (antialias), normalised at the borders. */
const triangleWeights = (from: number, to: number): Weights => {
  const scale = from / to;
  const support = Math.max(scale, 1);
  const first = new Int32Array(to);
  const count = new Int32Array(to);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    first[i] = Math.max(0, Math.trunc(center - support + 0.5));
    count[i] = Math.min(from, Math.trunc(center + support + 0.5)) - first[i]!;
  }
  const most = count.reduce((a, b) => Math.max(a, b), 1);
  const groups = Math.ceil(most / 4);
  const record = 1 + groups * 4;
  const records = new Int32Array(to * record);
  const raw = new Float64Array(most);
  for (let i = 0; i < to; i++) {
    let sum = 0;
    for (let t = 0; t < count[i]!; t++) {
      const distance = Math.abs((t + first[i]! - (i + 0.5) * scale + 0.5) / support);
      raw[t] = distance < 1 ? 1 - distance : 0;
      sum += raw[t]!;
    }
    records[i * record] = first[i]! * 3;
    for (let t = 0; t < count[i]!; t++) {
      const weight = Math.trunc((raw[t]! / sum) * (1 << BITS) + 0.5);
      const at = i * record + 1 + (t >> 1) * 2;
      const shift = (t & 1) * 16;
      records[at] = records[at]! | ((weight >> LOW) << shift);
      records[at + 1] = records[at + 1]! | ((weight & ((1 << LOW) - 1)) << shift);
    }
  }
  return { first, count, pairs: Math.ceil(most / 2), groups, records };
};

const known = new Map<string, Weights>();
/** The weights from one length to another; the last ones asked for are kept. */
export const weightsOf = (from: number, to: number): Weights => {
  const key = `${from}>${to}`;
  let found = known.get(key);
  if (!found) {
    if (known.size > 256) known.clear();
    found = triangleWeights(from, to);
    known.set(key, found);
  }
  return found;
};

/** The outputs `[low, high)` whose taps touch the sources `[from, to)`. */
export const touched = ({ first, count }: Weights, from: number, to: number): readonly [number, number] => {
  let low = 0;
  while (low < first.length && first[low]! + count[low]! <= from) low++;
  let high = first.length;
  while (high > low && first[high - 1]! >= to) high--;
  return [low, high];
};
