import { type CocoAnnotation, type DetectionColumns, evaluateCoco } from '@detrain/metrics';
import type { GoldenCase } from '../case.ts';
import type { Checks } from '../checks.ts';
import { uniforms } from '../generate.ts';
import { compareCoco } from './coco.ts';

interface SyntheticMeta {
  readonly tag: string;
  readonly n_img: number;
  readonly ndt: number;
  readonly check: {
    readonly n_gt: number;
    readonly n_dt: number;
    readonly n_crowd: number;
    readonly sum_dt: readonly number[];
    readonly sum_score: number;
  };
}

const WIDTH = 640;
const HEIGHT = 480;
const CATEGORIES = 80;
const hundredths = (x: number) => Math.floor(100 * x + 0.5) / 100;
const roundBox = (...box: number[]) => box.map(hundredths);

/** Streams of the set: `streams('w', 'h', …)(i)` gives the i-th number of each. */
const streamsOf = (tag: string, count: number, names: readonly string[]) => {
  const arrays = names.map((name) => uniforms(`${tag}.${name}`, count));
  return (i: number) => arrays.map((values) => values[i] as number);
};

/** Objects, image by image, as the reference's README says ("Synthetic COCO performance set"). */
const generateObjects = ({ tag, n_img: images }: SyntheticMeta) => {
  const counts = Array.from(uniforms(`${tag}.ngt`, images), (u) => Math.floor(-7.75 * Math.log(1 - u)));
  const total = counts.reduce((a, b) => a + b, 0);
  const at = streamsOf(tag, total, ['cat', 'w', 'h', 'x', 'y', 'crowd']);
  const annotations: CocoAnnotation[] = [];
  counts.forEach((count, image) => {
    for (let k = 0; k < count; k++) {
      const [cat, uw, uh, ux, uy, crowd] = at(annotations.length) as [number, number, number, number, number, number];
      const w = WIDTH * 0.02 * 35 ** uw;
      const h = HEIGHT * 0.02 * 35 ** uh;
      const bbox = roundBox((WIDTH - w) * ux, (HEIGHT - h) * uy, w, h);
      annotations.push({
        image_id: image + 1,
        category_id: Math.floor(CATEGORIES * cat ** 1.5) + 1,
        bbox,
        area: (bbox[2] ?? 0) * (bbox[3] ?? 0),
        iscrowd: crowd < 0.01 ? 1 : 0,
      });
    }
  });
  return { counts, annotations };
};

/** Detections, image by image: half of them moved objects, half anywhere. */
const generateDetections = (
  { tag, n_img: images, ndt }: SyntheticMeta,
  counts: readonly number[],
  annotations: readonly CocoAnnotation[],
) => {
  const total = images * ndt;
  const at = streamsOf(tag, total, [
    'pick',
    'src',
    'j0',
    'j1',
    'j2',
    'j3',
    'rw',
    'rh',
    'rx',
    'ry',
    'rc',
    'swap',
    'score',
  ]);
  const columns = {
    images: new Int32Array(total),
    categories: new Int32Array(total),
    boxes: new Float64Array(4 * total),
    scores: new Float64Array(total),
  } satisfies DetectionColumns;
  let start = 0;
  for (let image = 0, k = 0; image < images; image++) {
    const count = counts[image] as number;
    for (let d = 0; d < ndt; d++, k++) {
      const [pick, src, j0, j1, j2, j3, uw, uh, ux, uy, uc, swap, score] = at(k) as [number, ...number[]] as number[];
      const object = annotations[Math.min(start + Math.floor(pick! * count), annotations.length - 1)] as CocoAnnotation;
      const moved = src! < 0.5 && count > 0;
      const [x, y, w, h] = object.bbox as unknown as [number, number, number, number];
      const signed = (u: number) => 2 * u - 1;
      const rw = WIDTH * 0.02 * 25 ** uw!;
      const rh = HEIGHT * 0.02 * 25 ** uh!;
      const box = moved
        ? roundBox(
            x + 0.2 * signed(j0!) * w,
            y + 0.2 * signed(j1!) * h,
            w * (1 + 0.3 * signed(j2!)),
            h * (1 + 0.3 * signed(j3!)),
          )
        : roundBox((WIDTH - rw) * ux!, (HEIGHT - rh) * uy!, rw, rh);
      const own = moved && !(swap! < 0.1);
      columns.images[k] = image + 1;
      columns.categories[k] = own ? object.category_id : Math.floor(CATEGORIES * uc!) + 1;
      columns.boxes.set(box, 4 * k);
      columns.scores[k] = Math.floor(1e5 * (moved ? Math.sqrt(score!) : score! ** 2) + 0.5) / 1e5;
    }
    start += count;
  }
  return columns;
};

/** pycocotools on a generated set; its sums are checked first. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  const meta = golden.meta as unknown as SyntheticMeta;
  const { counts, annotations } = generateObjects(meta);
  const detections = generateDetections(meta, counts, annotations);
  checks.exact('counts', [annotations.length, detections.scores.length], [meta.check.n_gt, meta.check.n_dt]);
  checks.count('n_crowd', annotations.filter(({ iscrowd }) => iscrowd === 1).length, meta.check.n_crowd);
  checks.number(
    'sum_score',
    detections.scores.reduce((a, b) => a + b, 0),
    meta.check.sum_score,
    1e-9,
  );
  meta.check.sum_dt.forEach((sum, side) => {
    const ours = detections.boxes.reduce((total, value, i) => (i % 4 === side ? total + value : total), 0);
    checks.number(`sum_dt.${side}`, ours, sum, 1e-9);
  });
  const numbered = (length: number) => Array.from({ length }, (_, i) => ({ id: i + 1 }));
  const groundTruth = { images: numbered(meta.n_img), categories: numbered(CATEGORIES), annotations };
  compareCoco(evaluateCoco({ groundTruth, detections }), golden, checks);
};
