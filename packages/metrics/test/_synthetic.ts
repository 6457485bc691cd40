import { crc32, mulberry32 } from '@detrain/core';
import type { CocoGroundTruth, DetectionColumns } from '@detrain/metrics';

const stream = (name: string, count: number): Float64Array => {
  const next = mulberry32(crc32(`ap5k.${name}`));
  return Float64Array.from({ length: count }, next);
};
const cents = (x: number) => Math.floor(100 * x + 0.5) / 100;

/** The synthetic performance set of the reference data: `images` x 80 categories with `perImage` detections an image. */
export const syntheticSet = (
  images: number,
  perImage = 100,
): { groundTruth: CocoGroundTruth; detections: DetectionColumns } => {
  const width = 640;
  const height = 480;
  const counts = stream('ngt', images).map((u) => Math.floor(-7.75 * Math.log(1 - u)));
  const starts = new Int32Array(images + 1);
  for (let i = 0; i < images; i++) starts[i + 1] = starts[i]! + counts[i]!;
  const total = starts[images]!;
  const [cat, w, h, x, y, crowd] = ['cat', 'w', 'h', 'x', 'y', 'crowd'].map((name) =>
    stream(name, total),
  ) as Float64Array[];
  const annotations: {
    id: number;
    image_id: number;
    category_id: number;
    bbox: number[];
    area: number;
    iscrowd: number;
  }[] = [];
  for (let i = 0; i < images; i++)
    for (let j = starts[i]!; j < starts[i + 1]!; j++) {
      const bw = width * 0.02 * 35 ** w![j]!;
      const bh = height * 0.02 * 35 ** h![j]!;
      const bbox = [(width - bw) * x![j]!, (height - bh) * y![j]!, bw, bh].map(cents);
      annotations.push({
        id: j + 1,
        image_id: i + 1,
        category_id: Math.floor(80 * cat![j]! ** 1.5) + 1,
        bbox,
        area: bbox[2]! * bbox[3]!,
        iscrowd: crowd![j]! < 0.01 ? 1 : 0,
      });
    }

  const count = images * perImage;
  const names = ['pick', 'src', 'j0', 'j1', 'j2', 'j3', 'rw', 'rh', 'rx', 'ry', 'rc', 'swap', 'score'];
  const [pick, src, j0, j1, j2, j3, rw, rh, rx, ry, rc, swap, score] = names.map((name) =>
    stream(name, count),
  ) as Float64Array[];
  const boxes = new Float64Array(4 * count);
  const imageIds = new Int32Array(count);
  const categories = new Int32Array(count);
  const scores = new Float64Array(count);
  for (let k = 0; k < count; k++) {
    const i = Math.floor(k / perImage);
    const fromTruth = src![k]! < 0.5 && counts[i]! > 0;
    const g = annotations[Math.min(starts[i]! + Math.floor(pick![k]! * counts[i]!), total - 1)]!;
    const [gx, gy, gw, gh] = g.bbox as [number, number, number, number];
    const randomWidth = width * 0.02 * 25 ** rw![k]!;
    const randomHeight = height * 0.02 * 25 ** rh![k]!;
    const box = fromTruth
      ? [
          gx + 0.2 * (2 * j0![k]! - 1) * gw,
          gy + 0.2 * (2 * j1![k]! - 1) * gh,
          gw * (1 + 0.3 * (2 * j2![k]! - 1)),
          gh * (1 + 0.3 * (2 * j3![k]! - 1)),
        ]
      : [(width - randomWidth) * rx![k]!, (height - randomHeight) * ry![k]!, randomWidth, randomHeight];
    boxes.set(box.map(cents), 4 * k);
    imageIds[k] = i + 1;
    categories[k] = fromTruth && !(swap![k]! < 0.1) ? g.category_id : Math.floor(80 * rc![k]!) + 1;
    const s = fromTruth ? Math.sqrt(score![k]!) : score![k]! ** 2;
    scores[k] = Math.floor(1e5 * s + 0.5) / 1e5;
  }
  return {
    groundTruth: {
      images: Array.from({ length: images }, (_, i) => ({ id: i + 1 })),
      categories: Array.from({ length: 80 }, (_, c) => ({ id: c + 1, name: `c${c}` })),
      annotations,
    },
    detections: { images: imageIds, categories, boxes, scores },
  };
};
