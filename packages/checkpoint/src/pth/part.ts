import { checkpointError } from '../error.ts';
import { describe, isKind, type PyDict, type PyTensor, type PyValue } from './value.ts';

/** The weights found in a checkpoint, under their own names. */
export interface WeightsPart {
  readonly tensors: ReadonlyMap<string, PyTensor>;
  /** Where they were: `ema.module`, `model`, `state_dict`, `module`; absent for a bare state dict. */
  readonly part?: string;
  /** The plain values beside them: epoch, date. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Where training scripts put averaged weights (DEIM, D-FINE, RT-DETR), then plain ones (DETR, DETA; mmdetection). */
const AVERAGED = ['ema.module'];
const PLAIN = ['model', 'state_dict', 'module'];

const at = (root: PyValue, path: string): PyValue | undefined =>
  path
    .split('.')
    .reduce<PyValue | undefined>((value, key) => (isKind(value, 'dict') ? value.entries.get(key) : undefined), root);

const tensorIn = (value: PyValue | undefined): PyTensor | null =>
  isKind(value, 'tensor') ? value : isKind(value, 'array') ? value.content : null;

const isStateDict = (value: PyValue | undefined): value is PyDict =>
  isKind(value, 'dict') && [...value.entries].some(([key, item]) => typeof key === 'string' && tensorIn(item) !== null);

/** A short value as text, or null for what is no plain value. */
const plain = (value: PyValue): string | null =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean'
    ? String(value)
    : null;

const metadataOf = (root: PyValue): Record<string, string> =>
  Object.fromEntries(
    isKind(root, 'dict')
      ? [...root.entries].flatMap(([key, value]) => {
          const text = plain(value);
          return typeof key === 'string' && text !== null ? [[key, text] as const] : [];
        })
      : [],
  );

/** The tensors of a state dict; plain values beside them are left to the metadata. */
const tensorsOf = (state: PyDict): Map<string, PyTensor> => {
  const tensors = new Map<string, PyTensor>();
  for (const [key, value] of state.entries) {
    const tensor = tensorIn(value);
    if (typeof key === 'string' && tensor) tensors.set(key, tensor);
    else if (value !== null && plain(value) === null)
      throw checkpointError(
        'no-weights',
        `${JSON.stringify(plain(key) ?? describe(key))} among the weights is ${describe(value)}`,
        'tensors',
        'Save the state dict alone: torch.save(model.state_dict(), file)',
      );
  }
  return tensors;
};

/** `module.` in front of every name is left by data-parallel training. */
const withoutModule = (tensors: ReadonlyMap<string, PyTensor>): ReadonlyMap<string, PyTensor> => {
  const names = [...tensors.keys()];
  if (names.length === 0 || !names.every((name) => name.startsWith('module.'))) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice('module.'.length), tensor]));
};

/**
 * mmdetection keeps a second set of weights in the same state dict, `ema_` and the name with its dots as underscores. On
 * saving the sets have been swapped: the plain names hold the average, and the copies are what training goes on with.
 */
const withoutCopies = (tensors: ReadonlyMap<string, PyTensor>): ReadonlyMap<string, PyTensor> => {
  const copies = new Set([...tensors.keys()].map((name) => `ema_${name.replaceAll('.', '_')}`));
  return new Map([...tensors].filter(([name]) => !copies.has(name)));
};

/**
 * Finds the weights in what a checkpoint holds: the average where there is one, else the model's.
 *
 * @throws CheckpointError `no-weights` when there are none, or none of the kind asked for.
 */
export const chooseWeights = (root: PyValue, from?: 'ema' | 'model'): WeightsPart => {
  const metadata = metadataOf(root);
  const paths = from === 'ema' ? AVERAGED : from === 'model' ? PLAIN : [...AVERAGED, ...PLAIN];
  for (const part of paths) {
    const state = at(root, part);
    if (isStateDict(state)) return { tensors: withoutCopies(withoutModule(tensorsOf(state))), part, metadata };
  }
  const averaged = AVERAGED.some((path) => isStateDict(at(root, path)));
  if (from !== 'ema' && !averaged && isStateDict(root))
    return { tensors: withoutCopies(withoutModule(tensorsOf(root))), metadata };
  const found = isKind(root, 'dict')
    ? `keys ${[...root.entries.keys()]
        .slice(0, 8)
        .map((key) => plain(key))
        .join(', ')}`
    : describe(root);
  throw checkpointError(
    'no-weights',
    `no ${from === 'ema' ? 'averaged ' : ''}weights in the checkpoint (${found})`,
    `tensors under ${paths.join(', ')}${from === 'ema' ? '' : ', or a bare state dict'}`,
    from === 'ema' ? 'Leave out from: "ema"' : 'Save the state dict alone: torch.save(model.state_dict(), file)',
  );
};
