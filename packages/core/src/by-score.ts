import { fail } from './fail.ts';

/** Most scores that can be ordered: a score's rank and its index share the 53 bits of a float64. */
const MOST_SCORES = 2 ** 21;

/**
 * Indices `[count]` by descending score; equal scores keep their order, NaN comes first. Scores compare as float32, as in PyTorch.
 *
 * @throws Where there are more than 2^21 scores.
 */
export const byDescendingScore = (scores: ArrayLike<number>): Int32Array => {
  const count = scores.length;
  if (count > MOST_SCORES) fail('core', `${count} scores`, `At most ${MOST_SCORES} can be ordered`, 'Drop low scores');
  const floats = new Float32Array(count);
  // Adding 0 turns -0 into 0: the two are equal.
  for (let i = 0; i < count; i++) floats[i] = Math.fround(scores[i]!) + 0;
  // The bits of a float32, read as an integer, order as the number does; with the index behind them, a plain numeric sort is stable.
  const words = new Uint32Array(floats.buffer);
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    keys[i] = (word > 0x7fffffff ? word : 0x7fffffff - word) * MOST_SCORES + i;
  }
  keys.sort();
  const order = new Int32Array(count);
  for (let s = 0; s < count; s++) order[s] = keys[s]! % MOST_SCORES;
  return order;
};
