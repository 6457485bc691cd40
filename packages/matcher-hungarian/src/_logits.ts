import { type Candidates, fail, type Targets } from '@detrain/core';

/** The candidates' logits `[count * numClasses]`. Throws where there are none, or where a target's class is out of range. */
export const logitsOf = (term: string, candidates: Candidates, targets: Targets): Float32Array => {
  const { logits, numClasses } = candidates;
  if (!logits)
    fail(
      'matcher-hungarian',
      `${term} got candidates without logits`,
      'Class costs need class logits [count * numClasses]',
      'Pass logits, or leave class costs out',
    );
  for (const label of targets.labels)
    if (label < 0 || label >= numClasses)
      fail(
        'matcher-hungarian',
        `a target of class ${label}`,
        `This model has classes 0 to ${numClasses - 1}`,
        'Raise numClasses, or make category ids contiguous from 0',
      );
  return logits;
};

/** The logistic function. */
export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
