import { BACKGROUND, createRng, fromPixelCorners, type PixelSize } from '@detrain/core';
import { type HeadAssignment, paddingMasks, positiveQueries } from '@detrain/positive-queries';
import { floatsOf, type GoldenCase, integersOf, tensorOf } from '../case.ts';
import type { Checks } from '../checks.ts';
import { permutationsOf } from '../heads.ts';

interface PositiveQueriesMeta {
  readonly source: 'atss' | 'rcnn' | 'retina9';
  readonly image_sizes: readonly (readonly [height: number, width: number])[];
  readonly num_classes: number;
  readonly max_pos_coords: number;
  readonly use_zero_padding: boolean;
  readonly n_pos: readonly number[];
  readonly n_queries: number;
}

/** What the head said of one image: the case stores each candidate's class and target box, not which target it is. */
const headAssignment = (golden: GoldenCase, image: number, size: PixelSize, numClasses: number): HeadAssignment => {
  const classes = integersOf(tensorOf(golden, `labels_${image}`));
  const boxes = fromPixelCorners(floatsOf(tensorOf(golden, `targets_${image}`)), size);
  const targetOf = new Int32Array(classes.length).fill(BACKGROUND);
  const positives = Array.from(classes.keys()).filter((i) => (classes[i] ?? 0) < numClasses);
  positives.forEach((candidate, target) => {
    targetOf[candidate] = target;
  });
  return {
    candidates: { boxes: fromPixelCorners(floatsOf(tensorOf(golden, `coords_${image}`)), size) },
    assignment: { targetOf },
    targets: {
      boxes: Float32Array.from(positives.flatMap((i) => Array.from(boxes.subarray(4 * i, 4 * i + 4)))),
      labels: Int32Array.from(positives, (i) => classes[i] ?? 0),
    },
  };
};

const repeat = <T>(values: ArrayLike<T>, times: number): T[] =>
  Array.from(values).flatMap((value) => Array<T>(times).fill(value));

/** Co-DETR's customised positive queries with the recorded random subsets. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as PositiveQueriesMeta;
  const { num_classes: numClasses, image_sizes: sizes, use_zero_padding: zeros } = meta;
  const images = sizes.map(([height, width], image) => headAssignment(golden, image, [width, height], numClasses));
  const ours = positiveQueries(
    images,
    { rng: { ...createRng(0), ...permutationsOf(golden) }, numClasses, numQueries: 0 },
    {
      max: meta.max_pos_coords,
      padding: zeros ? 'zeros' : 'negatives',
      perLocation: meta.source === 'retina9' ? 9 : 1,
    },
  );
  // the official code gives fewer than the 9 it wants where an image has fewer candidates; we take some of them again
  const official = tensorOf(golden, 'aux_labels').shape[1] ?? 0;
  checks.count('queries', official, meta.n_queries);
  checks.count('wanted queries', ours.count, tensorOf(golden, 'aux_label_weights').shape[1] ?? 0);
  const kept = (values: ArrayLike<number>, width: number) =>
    Array.from(values).filter((_, k) => Math.floor(k / width) % ours.count < official);
  const get = (name: string) => floatsOf(tensorOf(golden, name));
  checks.close('aux_coords', kept(ours.coordinates, 4), get('aux_coords'), 1e-6);
  checks.close('aux_targets', kept(ours.targetBoxes, 4), get('aux_targets'), 1e-6);
  checks.exact('aux_labels', kept(ours.labels, 1), integersOf(tensorOf(golden, 'aux_labels')));
  checks.exact('aux_label_weights', ours.labelWeights, get('aux_label_weights'));
  checks.exact('aux_bbox_weights', repeat(ours.boxWeights, 4), get('aux_bbox_weights'));
  const features = ours.features.map((feature) => Math.max(feature, 0));
  checks.exact('aux_feat_index', kept(features, 1), integersOf(tensorOf(golden, 'aux_feat_index')));
  checks.count(
    'positives',
    ours.positives,
    meta.n_pos.reduce((sum, n) => sum + Math.min(n, ours.count), 0),
  );
  if (!zeros) return;
  // the official mask blocks padding from itself, too: a row of nothing but minus infinity
  const { count } = ours;
  const masks = paddingMasks(ours.padded, count).map((blocked, k) => {
    const [row, column] = [Math.floor(k / count), k % count];
    return row % count === column ? (ours.padded[row] ?? 0) : blocked;
  });
  const heads = integersOf(tensorOf(golden, 'attn_masks'));
  for (let image = 0; image < images.length; image++)
    for (let head = 0; head < 8; head++) {
      const start = (image * 8 + head) * count * count;
      checks.exact(
        `attn_masks ${image}.${head}`,
        masks.subarray(image * count * count, (image + 1) * count * count),
        heads.subarray(start, start + count * count),
      );
    }
};
