import { type AugmentContext, createRng, type Image, type Sample } from '@detrain/core';

/** The pattern that `_pillow.ts` starts from. */
export const pattern = (width = 13, height = 9): Image => ({
  width,
  height,
  data: Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const c = i % 3;
    const x = Math.floor(i / 3) % width;
    const y = Math.floor(i / 3 / width);
    return (x * 37 + y * 91 + c * 53 + x * y * 7 * (c + 1)) % 256;
  }),
});

/** A rectangle x1 y1 x2 y2 in whole pixels. */
export type Rectangle = readonly [number, number, number, number];

/** A black image with one filled rectangle a class, in a colour of its own, and boxes that fit them exactly. */
export const drawn = (width: number, height: number, rectangles: readonly Rectangle[], id = 'drawn'): Sample => {
  const data = new Uint8Array(width * height * 3);
  const boxes: number[] = [];
  rectangles.forEach(([x1, y1, x2, y2], label) => {
    for (let y = y1; y < y2; y++) for (let x = x1; x < x2; x++) data[(y * width + x) * 3 + (label % 3)] = 250;
    boxes.push((x1 + x2) / 2 / width, (y1 + y2) / 2 / height, (x2 - x1) / width, (y2 - y1) / height);
  });
  return {
    id,
    image: { width, height, data },
    targets: { boxes: Float32Array.from(boxes), labels: Int32Array.from(rectangles, (_, i) => i) },
    originalSize: [width, height],
  };
};

/** The hull x1 y1 x2 y2 of the pixels that shine in a channel; null where there are none. */
export const hullOf = ({ width, height, data }: Image, channel: number, threshold = 100): Rectangle | null => {
  let [x1, y1, x2, y2] = [width, height, 0, 0];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      if (data[(y * width + x) * 3 + channel]! > threshold) {
        x1 = Math.min(x1, x);
        y1 = Math.min(y1, y);
        x2 = Math.max(x2, x + 1);
        y2 = Math.max(y2, y + 1);
      }
  return x2 > x1 ? [x1, y1, x2, y2] : null;
};

/** A box of a sample in pixels. */
export const boxOf = ({ image, targets }: Sample, i: number): Rectangle => {
  const [cx, cy, w, h] = targets.boxes.subarray(i * 4, i * 4 + 4) as unknown as Rectangle;
  return [
    (cx - w / 2) * image.width,
    (cy - h / 2) * image.height,
    (cx + w / 2) * image.width,
    (cy + h / 2) * image.height,
  ];
};

export const contextOf = (seed: number, more: Partial<AugmentContext> = {}): AugmentContext => ({
  rng: createRng(seed),
  epoch: 0,
  progress: 0,
  size: [64, 64],
  draw: () => drawn(40, 30, [[4, 5, 20, 22]], 'other'),
  ...more,
});

/** Whether two samples are equal in pixels, boxes, labels and names; quicker than a deep comparison of large arrays. */
export const sameSample = (a: Sample, b: Sample): boolean =>
  a.id === b.id &&
  a.image.width === b.image.width &&
  a.image.height === b.image.height &&
  Buffer.compare(a.image.data, b.image.data) === 0 &&
  String(a.targets.boxes) === String(b.targets.boxes) &&
  String(a.targets.labels) === String(b.targets.labels);
