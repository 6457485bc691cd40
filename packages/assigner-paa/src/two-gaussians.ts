const { abs, exp, fround, log, max, PI, sqrt } = Math;

/** A mixture of two one-dimensional normal distributions. */
export interface TwoGaussians {
  readonly means: readonly [number, number];
  readonly variances: readonly [number, number];
  readonly weights: readonly [number, number];
  readonly iterations: number;
  readonly converged: boolean;
  /** Of each value the component it is more likely from, the first where equal `[count]`. */
  readonly component: Uint8Array;
  /** Of each value the logarithm of the mixture's density `[count]`. */
  readonly logDensity: Float64Array;
}

/** Stops where the mean log density changes by less (scikit-learn's `tol`). */
const TOLERANCE = 1e-3;
/** scikit-learn's `max_iter`. */
const MOST_ITERATIONS = 100;
/** Added to variances (scikit-learn's `reg_covar`). */
const LEAST_VARIANCE = 1e-6;

/** Parameters of one component; `precision` is the inverse of the variance's square root. */
interface Component {
  mean: number;
  variance: number;
  weight: number;
  precision: number;
  /** mean ** 2, as it enters the density. */
  meanSquare: number;
}

/**
 * Fits two normal distributions to float32 values by expectation maximisation, from the least and the largest value with variances 1 and
 * weights 1/2, as scikit-learn's GaussianMixture does with those starting values: float64 throughout, but for the squares of values, which
 * are float32. PAA (Kim and Lee 2020, section 3.2).
 *
 * @param values At least one.
 */
export const fitTwoGaussians = (values: Float32Array): TwoGaussians => {
  const count = values.length;
  const start = (mean: number): Component => ({
    mean,
    variance: 1,
    weight: 0.5,
    precision: 1,
    meanSquare: fround(mean * mean),
  });
  const components = [
    start(values.reduce((a, b) => Math.min(a, b))),
    start(values.reduce((a, b) => max(a, b))),
  ] as const;
  const shares = [new Float64Array(count), new Float64Array(count)] as const;
  const logDensity = new Float64Array(count);
  let bound = -Infinity;
  let iterations = 0;
  let converged = false;
  while (iterations < MOST_ITERATIONS && !converged) {
    iterations++;
    const reached = expect(values, components, shares, logDensity);
    for (const k of [0, 1] as const) maximise(components[k], values, shares[k]);
    converged = abs(reached - bound) < TOLERANCE;
    bound = reached;
  }
  expect(values, components, shares, logDensity);
  const [a, b] = components;
  return {
    means: [a.mean, b.mean],
    variances: [a.variance, b.variance],
    weights: [a.weight, b.weight],
    iterations,
    converged,
    component: Uint8Array.from(values, (_, i) => (shares[1][i]! > shares[0][i]! ? 1 : 0)),
    logDensity,
  };
};

/** Logarithm of a component's weighted density at a value. */
const weighted = ({ mean, weight, precision, meanSquare }: Component, x: number): number => {
  const inverse = precision * precision;
  const square = meanSquare * inverse - 2 * x * (mean * inverse) + fround(x * x) * inverse;
  return -0.5 * (log(2 * PI) + square) + log(precision) + log(weight);
};

/** Fills densities and each component's share of every value; the mean log density. */
const expect = (
  values: Float32Array,
  [a, b]: readonly [Component, Component],
  shares: readonly [Float64Array, Float64Array],
  logDensity: Float64Array,
): number => {
  let sum = 0;
  values.forEach((x, i) => {
    const first = weighted(a, x);
    const second = weighted(b, x);
    const most = max(first, second);
    const total = most + log(exp(first - most) + exp(second - most));
    logDensity[i] = total;
    shares[0][i] = exp(first - total);
    shares[1][i] = exp(second - total);
    sum += total;
  });
  return sum / values.length;
};

/** Sets a component to the weighted mean and variance of the values. */
const maximise = (component: Component, values: Float32Array, share: Float64Array): void => {
  let total = 10 * Number.EPSILON;
  let sum = 0;
  let squares = 0;
  values.forEach((x, i) => {
    const part = share[i]!;
    total += part;
    sum += part * x;
    squares += part * fround(x * x);
  });
  const mean = sum / total;
  component.mean = mean;
  component.meanSquare = mean * mean;
  const variance = squares / total - (2 * mean * sum) / total + mean * mean + LEAST_VARIANCE;
  // the float32 squares of large, nearly equal values may leave less than nothing, where scikit-learn gives up
  component.variance = variance > 0 ? variance : LEAST_VARIANCE;
  component.weight = total / values.length;
  component.precision = 1 / sqrt(component.variance);
};
