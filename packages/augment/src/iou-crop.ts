import type { Augmentation, Rng } from '@detrain/core';
import { cropImage } from './image.ts';
import { fromPixels, type PixelTargets, toPixels } from './pixel-boxes.ts';

export interface IouCropOptions {
  /** Least and greatest side of the crop as a share of the image's (0.3 to 1). */
  readonly scale?: readonly [number, number];
  /** Least and greatest width of the crop over its height (0.5 to 2). */
  readonly aspect?: readonly [number, number];
  /** Least IoU that some object must have with the crop, one of these at a time; 1 or more: no crop. */
  readonly ious?: readonly number[];
  readonly trials?: number;
  /** Of trying to crop at all (0.8, as the DETR configurations have it). */
  readonly probability?: number;
}

interface Crop {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
  /** Objects whose centre lies inside. */
  readonly kept: readonly number[];
}

/** Rounds of drawing a least IoU before the image is left whole; one option of 1 ends it sooner. */
const ROUNDS = 50;

const iouWith = (boxes: Float64Array, i: number, { left, top, width, height }: Omit<Crop, 'kept'>): number => {
  const [x1, y1, x2, y2] = [boxes[i * 4]!, boxes[i * 4 + 1]!, boxes[i * 4 + 2]!, boxes[i * 4 + 3]!];
  const across = Math.max(0, Math.min(x2, left + width) - Math.max(x1, left));
  const down = Math.max(0, Math.min(y2, top + height) - Math.max(y1, top));
  const both = across * down;
  return both / ((x2 - x1) * (y2 - y1) + width * height - both);
};

const inside = (boxes: Float64Array, { left, top, width, height }: Omit<Crop, 'kept'>): number[] => {
  const kept: number[] = [];
  for (let i = 0; i * 4 < boxes.length; i++) {
    const cx = (boxes[i * 4]! + boxes[i * 4 + 2]!) / 2;
    const cy = (boxes[i * 4 + 1]! + boxes[i * 4 + 3]!) / 2;
    if (cx > left && cx < left + width && cy > top && cy < top + height) kept.push(i);
  }
  return kept;
};

const findCrop = (
  { boxes }: PixelTargets,
  imageWidth: number,
  imageHeight: number,
  { scale, aspect, ious, trials }: Required<IouCropOptions>,
  rng: Rng,
): Crop | null => {
  for (let round = 0; round < ROUNDS; round++) {
    const least = ious[rng.int(ious.length)]!;
    if (least >= 1) return null;
    for (let trial = 0; trial < trials; trial++) {
      const width = Math.floor(imageWidth * rng.uniform(scale[0], scale[1]));
      const height = Math.floor(imageHeight * rng.uniform(scale[0], scale[1]));
      const ratio = width / height;
      if (!(ratio >= aspect[0] && ratio <= aspect[1]) || width < 1 || height < 1) continue;
      const left = Math.floor((imageWidth - width) * rng.next());
      const top = Math.floor((imageHeight - height) * rng.next());
      const area = { left, top, width, height };
      const kept = inside(boxes, area);
      if (kept.length > 0 && kept.some((i) => iouWith(boxes, i, area) >= least)) return { ...area, kept };
    }
  }
  return null;
};

/**
 * Crops so that some object keeps a drawn IoU with the crop (SSD, torchvision v2's `RandomIoUCrop`). Objects whose centre
 * falls outside are dropped, the others' boxes cut. An image without objects is left whole.
 */
export const iouCrop = (options: IouCropOptions = {}): Augmentation => {
  const { scale = [0.3, 1], aspect = [0.5, 2], ious = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1] } = options;
  const { trials = 40, probability = 0.8 } = options;
  const all = { scale, aspect, ious, trials, probability };
  return {
    name: 'iou-crop',
    options: all,
    apply(sample, { rng }) {
      if (!(rng.next() < probability) || sample.targets.labels.length === 0) return sample;
      const { image } = sample;
      const targets = toPixels(sample.targets, image.width, image.height);
      const crop = findCrop(targets, image.width, image.height, all, rng);
      if (!crop) return sample;
      const { left, top, width, height, kept } = crop;
      const boxes = Float64Array.from(kept.flatMap((i) => [...targets.boxes.subarray(i * 4, i * 4 + 4)]));
      for (let i = 0; i < boxes.length; i++) boxes[i] = boxes[i]! - (i % 2 === 0 ? left : top);
      const labels = Int32Array.from(kept, (i) => targets.labels[i]!);
      return {
        ...sample,
        image: cropImage(image, left, top, width, height),
        targets: fromPixels({ boxes, labels }, width, height),
      };
    },
  };
};
