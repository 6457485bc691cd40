import path from 'node:path';
import type { ParameterSpec } from '@detrain/core/tensors';
import { createDetector, type ZooDetector } from '@detrain/models';
import { type GoldenCase, readJson } from '../case.ts';
import type { Checks } from '../checks.ts';
import { officialDetector } from '../zoo.ts';

interface KeysMeta {
  readonly repo: string;
  readonly config: string;
  readonly n_keys: number;
  readonly trainable_params: number;
  readonly deploy_params: number;
  readonly num_classes: number;
  /** Null where the state dict has no anchors. */
  readonly eval_spatial_size: readonly [number, number] | null;
  readonly shared_keys?: Readonly<Record<string, string>>;
  readonly keys_file: string;
}
interface KeysFile {
  readonly keys: readonly (readonly [key: string, dtype: string, shape: readonly number[], kind: 'p' | 'f' | 'b'])[];
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, side) => product * side, 1);

/** What DEIM, DEIMv2 and D-FINE fold for deployment. */
const FOLDED = /^encoder\.(lateral_convs|downsample_convs|fpn_blocks?|pan_blocks?|bi_fusion)\./;
/** What RT-DETR folds, keeping the branches beside the result. */
const FOLDED_BESIDE = /^encoder\..*\.bottlenecks\./;

/**
 * How many parameters the official deployment leaves: of what it folds and of D-FINE's heads for training as many as ours, of
 * everything else, which ours folds or drops too, as many as before.
 */
const officiallyDeployed = (detector: ZooDetector, { repo, shared_keys }: KeysMeta, keys: KeysFile['keys']): number => {
  const { parameters } = createDetector({ ...detector.config, deployed: true });
  const beside = repo.startsWith('rtdetr');
  const folded = parameters.filter(({ name }) => (beside ? FOLDED_BESIDE : FOLDED).test(name));
  const ours = new Set(parameters.map(({ name }) => name));
  const dropped = (key: string) =>
    detector.config.decoder.kind === 'dfine' && /\.(dec_score_head|lqe_layers)\./.test(key) && !ours.has(key);
  const kept = keys.filter(
    ([key, , , kind]) =>
      kind !== 'b' && !(key in (shared_keys ?? {})) && (beside || !FOLDED.test(key)) && !dropped(key),
  );
  const shapes = [...folded.map(({ shape }) => shape), ...kept.map(([, , shape]) => shape)];
  return shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
};

/** Names, order, shapes and trainability of a configuration's whole state dict; parameters in training and deployed. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as KeysMeta;
  const { num_classes: numClasses, eval_spatial_size: inputSize } = meta;
  const detector = officialDetector(meta.repo, meta.config, { numClasses, ...(inputSize && { inputSize }) });
  const { parameters } = detector;
  const { keys } = readJson<KeysFile>(path.join(golden.folder, meta.keys_file));
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
  const elements = trainable.reduce((sum, spec) => sum + sizeOf(spec.shape), 0);
  checks.count('trainable_params', elements, meta.trainable_params);
  checks.count('deploy_params', officiallyDeployed(detector, meta, keys), meta.deploy_params);
};
