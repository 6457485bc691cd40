import {
  type Augmentation,
  type AugmentContext,
  type BatchAugmentation,
  type Described,
  fail,
  type MaybePromise,
  type Sample,
} from '@detrain/core';

/** When an augmentation acts: from (inclusive) to (exclusive), in epochs from 0 or in fractions of the run. */
export interface Window {
  readonly unit: 'epoch' | 'fraction';
  /** From the start where absent. */
  readonly from?: number;
  /** To the end where absent. */
  readonly to?: number;
}

type Moment = Pick<AugmentContext, 'epoch' | 'progress'>;
type BatchContext = Omit<AugmentContext, 'draw'>;

/** Whether a moment of the run lies in a window. */
export const inWindow = ({ unit, from, to }: Window, { epoch, progress }: Moment): boolean => {
  const now = unit === 'epoch' ? epoch : progress;
  return (from === undefined || now >= from) && (to === undefined || now < to);
};

const isBatch = (a: Augmentation | BatchAugmentation): a is BatchAugmentation => 'applyBatch' in a;

const describe = ({ name, options }: Described): Described => ({ name, options });

/** One after the other. */
const chain = (list: readonly Augmentation[], sample: Sample, context: AugmentContext): MaybePromise<Sample> => {
  let current = sample;
  for (let i = 0; i < list.length; i++) {
    const next = list[i]!.apply(current, context);
    if (next instanceof Promise) return next.then((done) => chain(list.slice(i + 1), done, context));
    current = next;
  }
  return current;
};

/** Picks what acts now: the one thing in which the combinators differ. */
type Picker = (context: BatchContext) => readonly number[];

const combine = (
  name: string,
  options: Readonly<Record<string, unknown>>,
  members: readonly (Augmentation | BatchAugmentation)[],
  pick: Picker,
): Augmentation | BatchAugmentation => {
  const batch = members.filter(isBatch);
  if (batch.length === 0) {
    const list = members as readonly Augmentation[];
    return {
      name,
      options,
      apply: (sample, context) => {
        const chosen = pick(context).map((index) => list[index]!);
        return chain(chosen, sample, context);
      },
    };
  }
  if (batch.length < members.length)
    fail(
      'augment',
      `${name} of ${members.map((m) => m.name).join(', ')}`,
      'augmentations of one kind',
      'keep those of samples and those of batches in lists of their own',
    );
  return {
    name,
    options,
    applyBatch: (samples, context) =>
      pick(context).reduce<readonly Sample[]>((current, index) => batch[index]!.applyBatch(current, context), samples),
  };
};

/** Applies augmentations in order. */
export function sequence(...members: readonly Augmentation[]): Augmentation;
export function sequence(...members: readonly BatchAugmentation[]): BatchAugmentation;
export function sequence(...members: readonly (Augmentation | BatchAugmentation)[]): Augmentation | BatchAugmentation {
  const all = members.map((_, i) => i);
  return combine('sequence', { members: members.map(describe) }, members, () => all);
}

/** Applies an augmentation with a probability, and another one, if given, the rest of the time. */
export function sometimes(probability: number, member: Augmentation, otherwise?: Augmentation): Augmentation;
export function sometimes(
  probability: number,
  member: BatchAugmentation,
  otherwise?: BatchAugmentation,
): BatchAugmentation;
export function sometimes(
  probability: number,
  member: Augmentation | BatchAugmentation,
  otherwise?: Augmentation | BatchAugmentation,
) {
  const members = otherwise ? [member, otherwise] : [member];
  const options = { probability, member: describe(member), ...(otherwise ? { otherwise: describe(otherwise) } : {}) };
  const rest = otherwise ? [1] : [];
  return combine('sometimes', options, members, ({ rng }) => (rng.next() < probability ? [0] : rest));
}

/** Applies an augmentation in a window of the run only. Nothing is drawn outside the window. */
export function during(window: Window, member: Augmentation): Augmentation;
export function during(window: Window, member: BatchAugmentation): BatchAugmentation;
export function during(window: Window, member: Augmentation | BatchAugmentation) {
  return combine('during', { window, member: describe(member) }, [member], (context) =>
    inWindow(window, context) ? [0] : [],
  );
}

/** Applies one of several augmentations, drawn by weight (equal weights where a member has none). */
export function choose(members: readonly (Augmentation | readonly [weight: number, Augmentation])[]): Augmentation;
export function choose(
  members: readonly (BatchAugmentation | readonly [weight: number, BatchAugmentation])[],
): BatchAugmentation;
export function choose(
  members: readonly (
    | Augmentation
    | BatchAugmentation
    | readonly [weight: number, Augmentation]
    | readonly [weight: number, BatchAugmentation]
  )[],
) {
  const list = members.map((m) => ('name' in m ? m : m[1]));
  const weights = members.map((m) => ('name' in m ? 1 : m[0]));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  if (!(total > 0) || weights.some((weight) => !(weight >= 0)))
    fail(
      'augment',
      `choose with weights ${weights.join(', ')}`,
      'weights of at least 0, one above',
      'correct the weights',
    );
  return combine('choose', { weights, members: list.map(describe) }, list, ({ rng }) => {
    let left = rng.next() * total;
    for (let i = 0; i < weights.length; i++) {
      left -= weights[i]!;
      if (left < 0) return [i];
    }
    return [weights.length - 1];
  });
}
