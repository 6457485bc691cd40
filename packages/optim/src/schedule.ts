/**
 * A learning-rate schedule: the multiplier of each group's rate at an iteration, counted from 0.
 * Pure, so a run resumes anywhere.
 */
export type Schedule = (iteration: number) => number;

/** A length of training: a number of iterations, or a share of the run. */
export type Span = number | { readonly fraction: number };

/** A span in iterations. Throws on a negative or non-finite one. */
export const iterationsOf = (span: Span, total: number): number => {
  const iterations = typeof span === 'number' ? span : span.fraction * total;
  if (!(iterations >= 0))
    throw new Error(
      `@detrain/optim: a span of ${JSON.stringify(span)}. Wanted iterations or { fraction } of at least 0. Correct the schedule.`,
    );
  return iterations;
};

export interface FlatCosineOptions {
  /** Iterations of the whole run. */
  readonly total: number;
  /** Quadratic warm-up. */
  readonly warmup: Span;
  /** Where the flat part ends, counted from the start; at or after the end: never. */
  readonly flat: Span;
  /** The last part, at the final rate (epochs without augmentation). */
  readonly noAug: Span;
  /** Final multiplier (`lr_gamma`). Default 0.5. */
  readonly gamma?: number;
  /**
   * Off by one, as the official loop is: the scheduler runs after the optimizer, so iteration `i` uses the value of
   * `i - 1`; and iteration 0 uses `1 / official.linearWarmup`, left behind by a linear warm-up object nobody uses.
   */
  readonly official?: { readonly linearWarmup: number };
}

/**
 * DEIM's flat-cosine schedule: quadratic warm-up, flat, cosine to `gamma`, then constant (specs/deim.md 4.5).
 *
 * A warm-up of 0 starts at the full rate, where the official code divides by zero.
 */
export const flatCosine = ({ total, warmup, flat, noAug, gamma = 0.5, official }: FlatCosineOptions): Schedule => {
  const rising = iterationsOf(warmup, total);
  const level = iterationsOf(flat, total);
  const end = total - iterationsOf(noAug, total);
  const at = (iteration: number): number => {
    if (rising > 0 && iteration <= rising) return (iteration / rising) ** 2;
    if (iteration <= level) return 1;
    if (iteration >= end) return gamma;
    return gamma + ((1 - gamma) * (1 + Math.cos((Math.PI * (iteration - level)) / (end - level)))) / 2;
  };
  if (!official) return at;
  return (iteration) => (iteration === 0 ? 1 / official.linearWarmup : at(iteration - 1));
};

export interface LinearWarmupOptions {
  /** Iterations of the whole run; needed where the warm-up is a fraction. */
  readonly total?: number;
  readonly warmup: Span;
}

/**
 * Linear warm-up, then constant: the schedule of D-FINE and RT-DETRv2. Iteration `i` of the warm-up uses
 * `(i + 1) / warmup`, as theirs does.
 */
export const linearWarmup = ({ total = 0, warmup }: LinearWarmupOptions): Schedule => {
  const rising = iterationsOf(warmup, total);
  return (iteration) => (iteration + 1 >= rising ? 1 : (iteration + 1) / rising);
};

/** The same rate throughout. */
export const constant = (): Schedule => () => 1;
