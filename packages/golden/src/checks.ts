/** One comparison of a case. */
export interface Check {
  readonly label: string;
  readonly error: number;
  /** The largest error that passes. */
  readonly tolerance: number;
}

/** Collects the comparisons of a case. */
export interface Checks {
  readonly all: readonly Check[];
  /** Largest difference, relative to the largest reference value where that is over 1. */
  close(label: string, ours: ArrayLike<number>, reference: ArrayLike<number>, tolerance: number): void;
  /** l2 norm of the difference over the l2 norm of the reference. */
  closeL2(label: string, ours: ArrayLike<number>, reference: ArrayLike<number>, tolerance: number): void;
  /** One number, difference relative to the reference, or to `floor` where that is larger. */
  number(label: string, ours: number, reference: number, tolerance: number, floor?: number): void;
  /** Two counts that must be equal; the error is their difference. */
  count(label: string, ours: number, reference: number): void;
  /** Equal element by element; the error is the number of different elements. */
  exact(label: string, ours: ArrayLike<number>, reference: ArrayLike<number>): void;
  /** A statement that must hold. */
  holds(label: string, condition: boolean): void;
  /** A value measured by the caller. */
  add(label: string, error: number, tolerance: number): void;
}

/** How far over its tolerance a check is; NaN counts as infinite. */
export const excess = ({ error, tolerance }: Check): number => {
  if (error === 0) return 0;
  return Number.isNaN(error) ? Number.POSITIVE_INFINITY : error / tolerance;
};

const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));

/** max |a - b| / max(1, max |b|); equal infinities and NaNs count as equal; other lengths as infinitely far. */
export const scaledError = (ours: ArrayLike<number>, reference: ArrayLike<number>): number => {
  if (ours.length !== reference.length) return Number.POSITIVE_INFINITY;
  let worst = 0;
  let scale = 1;
  for (let i = 0; i < ours.length; i++) {
    const a = ours[i] as number;
    const b = reference[i] as number;
    if (Math.abs(b) > scale && Number.isFinite(b)) scale = Math.abs(b);
    if (same(a, b)) continue;
    const difference = Math.abs(a - b);
    if (!(difference <= worst)) worst = difference;
    if (Number.isNaN(difference)) return Number.NaN;
  }
  return worst / scale;
};

/** ||a - b|| / ||b||; 0 where both are all zero. */
export const relativeL2 = (ours: ArrayLike<number>, reference: ArrayLike<number>): number => {
  if (ours.length !== reference.length) return Number.POSITIVE_INFINITY;
  let difference = 0;
  let norm = 0;
  for (let i = 0; i < ours.length; i++) {
    const b = reference[i] as number;
    difference += ((ours[i] as number) - b) ** 2;
    norm += b ** 2;
  }
  return difference === 0 ? 0 : Math.sqrt(difference / norm);
};

/** An empty collection. */
export const createChecks = (): Checks => {
  const all: Check[] = [];
  const add = (label: string, error: number, tolerance: number) => {
    all.push({ label, error, tolerance });
  };
  return {
    all,
    add,
    close: (label, ours, reference, tolerance) => add(label, scaledError(ours, reference), tolerance),
    closeL2: (label, ours, reference, tolerance) => add(label, relativeL2(ours, reference), tolerance),
    number: (label, ours, reference, tolerance, floor = 1e-12) =>
      add(
        label,
        same(ours, reference) ? 0 : Math.abs(ours - reference) / Math.max(Math.abs(reference), floor),
        tolerance,
      ),
    count: (label, ours, reference) => add(label, Math.abs(ours - reference), 0),
    exact: (label, ours, reference) => {
      let wrong = Math.abs(ours.length - reference.length);
      for (let i = 0; i < Math.min(ours.length, reference.length); i++)
        if (!same(ours[i] as number, reference[i] as number)) wrong++;
      add(label, wrong, 0);
    },
    holds: (label, condition) => add(label, condition ? 0 : 1, 0),
  };
};
