import type { MapSize } from '@detrain/nn';

/** One proposal per token of a pyramid. */
export interface Anchors {
  readonly count: number;
  /** Unactivated cx cy w h, +Infinity where invalid, `[count * 4]`. */
  readonly logits: Float32Array;
  /** 1 where all four lie inside (0.01, 0.99), `[count]`. */
  readonly valid: Float32Array;
  readonly allValid: boolean;
}

const MARGIN = 0.01;

/**
 * Anchors of pyramid maps, row-major, finest first: cell centres with sides of 0.05 doubled per level, where the level
 * is the index in the list, whatever its stride.
 */
export const anchorsOf = (levels: readonly MapSize[]): Anchors => {
  const count = levels.reduce((sum, { height, width }) => sum + height * width, 0);
  const logits = new Float32Array(count * 4);
  const valid = new Float32Array(count);
  let token = 0;
  for (const [level, { height, width }] of levels.entries()) {
    const side = 0.05 * 2 ** level;
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++, token++) {
        const box = [(column + 0.5) / width, (row + 0.5) / height, side, side].map(Math.fround);
        const inside = box.every((value) => value > MARGIN && value < 1 - MARGIN);
        valid[token] = inside ? 1 : 0;
        logits.set(
          box.map((value) => (inside ? Math.log(value / (1 - value)) : Number.POSITIVE_INFINITY)),
          token * 4,
        );
      }
  }
  return { count, logits, valid, allValid: valid.every((value) => value === 1) };
};
