const { fround, log, max, min } = Math;

/** The logit of x in [0, 1], both x and 1 - x held above `eps`: between -11.5129 and 11.5129. Rounds to float32 as PyTorch does. */
export const inverseSigmoid = (x: number, eps = 1e-5): number => {
  const inside = min(max(x, 0), 1);
  return log(fround(max(inside, eps) / max(fround(1 - inside), eps)));
};
