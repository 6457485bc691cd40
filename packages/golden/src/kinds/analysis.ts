import { changedQueries, discriminability, foregroundOf, instability, iofIobCurve } from '@detrain/metrics';
import { floatsOf, type GoldenCase, integersOf, tensorOf, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

interface IofMeta {
  readonly H: number;
  readonly W: number;
  readonly strides: readonly number[];
}

/** DN-DETR's instability, epoch by epoch. */
const replayInstability = (golden: GoldenCase, checks: Checks): void => {
  const stored = tensorOf(golden, 'V');
  const [epochs, images, queries] = stored.shape as [number, number, number];
  const all = integersOf(stored);
  const matches = Array.from({ length: epochs }, (_, e) =>
    Array.from({ length: images }, (__, i) => all.subarray((e * images + i) * queries, (e * images + i + 1) * queries)),
  );
  const perImage: number[] = [];
  const perEpoch: number[] = [];
  for (let e = 1; e < epochs; e++) {
    const [before, now] = [matches[e - 1] ?? [], matches[e] ?? []];
    perEpoch.push(instability(before, now));
    now.forEach((current, i) => {
      perImage.push(changedQueries(before[i] ?? [], current));
    });
  }
  checks.exact('IS_per_image', perImage, valuesOf(tensorOf(golden, 'IS_per_image')));
  checks.close('IS', perEpoch, valuesOf(tensorOf(golden, 'IS')), 1e-12);
};

/** Co-DETR's discriminability scores and IoF-IoB curve; the reference divides by the largest score after resizing. */
const replayIofIob = (golden: GoldenCase, checks: Checks): void => {
  const { H: height, W: width, strides } = golden.meta as unknown as IofMeta;
  const levels = strides.map((_, level) => {
    const tensor = tensorOf(golden, `feat_${level}`);
    const [channels, rows, columns] = tensor.shape as [number, number, number];
    return { data: floatsOf(tensor), channels, height: rows, width: columns };
  });
  const scores = discriminability(levels, { height, width, normalize: 'image' });
  checks.close('D', scores.data, valuesOf(tensorOf(golden, 'D')), 1e-9);
  // x1 y1 x2 y2 in pixels there
  const corners = valuesOf(tensorOf(golden, 'gt_boxes'));
  const boxes = new Float32Array(corners.length);
  for (let k = 0; k < corners.length; k += 4) {
    const [x1, y1, x2, y2] = corners.subarray(k, k + 4) as unknown as [number, number, number, number];
    boxes.set([(x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height], k);
  }
  const foreground = foregroundOf({ boxes, labels: new Int32Array(boxes.length / 4) }, height, width);
  checks.exact('mask_fg', foreground, valuesOf(tensorOf(golden, 'mask_fg')));
  const curve = iofIobCurve(valuesOf(tensorOf(golden, 'D')), foreground);
  checks.close('thresholds', curve.thresholds, valuesOf(tensorOf(golden, 'thresholds')), 1e-12);
  checks.close('IoF', curve.iof, valuesOf(tensorOf(golden, 'IoF')), 1e-9);
  checks.close('IoB', curve.quiet, valuesOf(tensorOf(golden, 'IoB')), 1e-9);
  checks.close('IoB_alt', curve.iob, valuesOf(tensorOf(golden, 'IoB_alt')), 1e-9);
};

/** Diagnostics of matching and of features. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  if (golden.kind === 'assign/analysis/instability') replayInstability(golden, checks);
  else replayIofIob(golden, checks);
};
