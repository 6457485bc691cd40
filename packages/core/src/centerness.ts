const { fround, max, min, sqrt } = Math;

/**
 * Centerness in [0, 1] of a point from its distances to the sides of a box: 1 in the middle, 0 at the sides, NaN outside (FCOS, equation 3).
 * Float32 at every step.
 */
export const centerness = (left: number, top: number, right: number, bottom: number): number => {
  const across = fround(min(left, right) / max(left, right));
  return fround(sqrt(fround(across * fround(min(top, bottom) / max(top, bottom)))));
};
