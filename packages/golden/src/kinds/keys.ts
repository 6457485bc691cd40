import path from 'node:path';
import type { ParameterSpec } from '@detrain/core/tensors';
import { zoo } from '@detrain/models';
import { type GoldenCase, readJson } from '../case.ts';
import type { Checks } from '../checks.ts';
import { zooNameOf } from '../zoo.ts';

interface KeysMeta {
  readonly repo: string;
  readonly config: string;
  readonly n_keys: number;
  readonly trainable_params: number;
  readonly num_classes: number;
  readonly eval_spatial_size: readonly [number, number];
  readonly shared_keys?: Readonly<Record<string, string>>;
  readonly keys_file: string;
}
interface KeysFile {
  readonly keys: readonly (readonly [key: string, dtype: string, shape: readonly number[], kind: 'p' | 'f' | 'b'])[];
}

const sizeOf = ({ shape }: ParameterSpec) => shape.reduce((product, side) => product * side, 1);

/** Names, order, shapes and trainability of a configuration's whole state dict. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as KeysMeta;
  const name = zooNameOf(meta.repo, meta.config);
  const { keys } = readJson<KeysFile>(path.join(golden.folder, meta.keys_file));
  const { parameters } = zoo[name]({ numClasses: meta.num_classes, inputSize: meta.eval_spatial_size });
  checks.count('n_keys', parameters.length, meta.n_keys);
  const ours = new Map(parameters.map((spec, i) => [spec.name, { spec, i }]));
  const theirs = new Set(keys.map(([key]) => key));
  checks.count('missing keys', keys.filter(([key]) => !ours.has(key)).length, 0);
  checks.count('unexpected keys', parameters.filter((spec) => !theirs.has(spec.name)).length, 0);
  checks.count('keys in another order', keys.filter(([key], i) => ours.get(key)?.i !== i).length, 0);
  const wrong = (test: (spec: ParameterSpec, key: KeysFile['keys'][number]) => boolean) =>
    keys.filter((key) => {
      const spec = ours.get(key[0])?.spec;
      return spec !== undefined && test(spec, key);
    }).length;
  checks.count(
    'keys of another shape',
    wrong((spec, [, , shape]) => String(spec.shape) !== String(shape)),
    0,
  );
  checks.count(
    'keys of another trainability',
    wrong((spec, key) => (spec.kind === 'trainable') !== (key[3] === 'p')),
    0,
  );
  const shared = Object.keys(meta.shared_keys ?? {}).length;
  checks.count('shared keys', parameters.filter((spec) => spec.sharedWith !== undefined).length, shared);
  const trainable = parameters.filter((spec) => spec.kind === 'trainable' && spec.sharedWith === undefined);
  const elements = trainable.reduce((sum, spec) => sum + sizeOf(spec), 0);
  checks.count('trainable_params', elements, meta.trainable_params);
};
