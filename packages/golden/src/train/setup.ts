import type { HostTensor, KnownQueries, Targets } from '@detrain/core';
import { buildDenoising, denoisingLayout } from '@detrain/denoising';
import type { ZooDetector } from '@detrain/models';
import { floatsOf, type GoldenCase, integersOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { denoisingDraws, goldenImage, goldenTargets, goldenWeights } from '../generate.ts';
import { detectorOf, overridesOf } from '../zoo.ts';
import type { TrainMeta } from './meta.ts';

/** Everything that a training step takes in. */
export interface TrainSetup {
  readonly detector: ZooDetector;
  readonly parameters: ReadonlyMap<string, HostTensor>;
  readonly images: HostTensor;
  readonly targets: readonly Targets[];
  readonly known: KnownQueries | null;
  readonly batchStatistics: boolean;
}

/** The model, weights, images, targets and denoising queries of a case; stored inputs must equal the generated ones. */
export const setupOf = (golden: GoldenCase, checks: Checks): TrainSetup => {
  const meta = golden.meta as unknown as TrainMeta;
  const detector = detectorOf(golden);
  const { denoising = 100, labelNoise = 0.5 } = overridesOf(meta.overrides);
  // without denoising the official model has no class embedding
  checks.count('n_state_keys', detector.parameters.length - (denoising === 0 ? 1 : 0), meta.n_state_keys);
  const targets = goldenTargets(meta.targets_name, meta.target_counts, meta.num_classes);
  targets.forEach(({ boxes, labels }, image) => {
    const stored = golden.tensors();
    const [theirLabels, theirBoxes] = [stored[`target.${image}.labels`], stored[`target.${image}.boxes`]];
    if (theirLabels) checks.exact(`target.${image}.labels`, labels, integersOf(theirLabels));
    if (theirBoxes) checks.close(`target.${image}.boxes`, boxes, floatsOf(theirBoxes), 1e-7);
  });
  return {
    detector,
    parameters: goldenWeights(detector.parameters, meta.weight_salt),
    images: goldenImage(meta.image_name, meta.input_shape),
    targets,
    known: denoising > 0 && meta.dn_name ? knownOf(golden, checks, targets, { denoising, labelNoise }) : null,
    batchStatistics: !/running statistics/.test(meta.mode),
  };
};

const knownOf = (
  golden: GoldenCase,
  checks: Checks,
  targets: readonly Targets[],
  { denoising, labelNoise }: { readonly denoising: number; readonly labelNoise: number },
): KnownQueries | null => {
  const meta = golden.meta as unknown as TrainMeta;
  const { num_classes: numClasses } = meta;
  const numQueries = meta.num_queries ?? 300;
  const layout = denoisingLayout(targets, denoising);
  checks.count('dn_num_group', layout?.groups ?? 0, meta.dn_num_group ?? 0);
  if (!layout) return null;
  const draws = denoisingDraws(meta.dn_name ?? 'dn', targets.length, layout.queries, numClasses);
  const known = buildDenoising(targets, draws, {
    numClasses,
    numQueries,
    count: denoising,
    labelNoise,
    negativeSizes: meta.repo === 'rtdetr' ? 'kept' : 'absolute',
  });
  if (!known) return null;
  const stored = golden.tensors();
  const compare = (name: string, ours: ArrayLike<number>, tolerance = 0) => {
    const tensor = stored[name];
    if (tensor) checks.close(name, ours, valuesOf(tensor), tolerance);
  };
  compare('dn.rand.label_mask_rand', draws.labelMask);
  compare('dn.rand.new_label', draws.newLabel);
  compare('dn.rand.box_sign_01', draws.boxSign);
  compare('dn.rand.box_part_rand', draws.boxPart);
  compare('dn.input_query_class_after_noise', known.labels);
  compare('dn.input_query_bbox_unact', known.boxes, 1e-5);
  compare('dn.attn_mask', known.blocked);
  known.assignments.forEach(({ targetOf }, image) => {
    const positives = Array.from(targetOf.keys()).filter((query) => (targetOf[query] ?? -1) >= 0);
    const tensor = stored[`dn.positive_idx.${image}`];
    if (tensor) checks.exact(`dn.positive_idx.${image}`, positives, valuesOf(tensor).toSorted());
  });
  return known;
};
