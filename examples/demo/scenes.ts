import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createRng, type Rng } from '@detrain/core';
import sharp from 'sharp';
import { type Digit, loadDigits, sampleDigit } from './digits.ts';

export interface SceneOptions {
  /** Side of the square scene in pixels. */
  readonly side: number;
  readonly train: number;
  readonly val: number;
  readonly seed: number;
}

/** COCO's x y w h in pixels. */
type Box = readonly [number, number, number, number];
interface Placed {
  readonly label: number;
  readonly box: Box;
}

const overlaps = (a: Box, b: Box): boolean => {
  const w = Math.min(a[0] + a[2], b[0] + b[2]) - Math.max(a[0], b[0]);
  const h = Math.min(a[1] + a[3], b[1] + b[3]) - Math.max(a[1], b[1]);
  return w > 0 && h > 0 && w * h > 0.1 * Math.min(a[2] * a[3], b[2] * b[3]);
};

/** A background of two colours, a slope between them and grain. */
const background = (side: number, rng: Rng): Float32Array => {
  const from = [rng.uniform(0, 140), rng.uniform(0, 140), rng.uniform(0, 140)];
  const to = [rng.uniform(0, 140), rng.uniform(0, 140), rng.uniform(0, 140)];
  const angle = rng.uniform(0, 2 * Math.PI);
  const grain = rng.uniform(0, 18);
  const canvas = new Float32Array(side * side * 3);
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) {
      const t = 0.5 + ((x / side - 0.5) * Math.cos(angle) + (y / side - 0.5) * Math.sin(angle)) / Math.SQRT2;
      const noise = grain * rng.uniform(-1, 1);
      for (let c = 0; c < 3; c++)
        canvas[(y * side + x) * 3 + c] = (from[c] as number) * (1 - t) + (to[c] as number) * t + noise;
    }
  return canvas;
};

const paint = (canvas: Float32Array, side: number, digit: Digit, box: Box, color: readonly number[]): void => {
  const [left, top, right, bottom] = digit.ink;
  const [x0, y0, width, height] = box;
  for (let y = Math.floor(y0) - 1; y <= Math.ceil(y0 + height); y++)
    for (let x = Math.floor(x0) - 1; x <= Math.ceil(x0 + width); x++) {
      if (x < 0 || y < 0 || x >= side || y >= side) continue;
      const u = left + ((x + 0.5 - x0) / width) * (right - left);
      const v = top + ((y + 0.5 - y0) / height) * (bottom - top);
      const alpha = sampleDigit(digit, u, v);
      for (let c = 0; c < 3; c++) {
        const i = (y * side + x) * 3 + c;
        canvas[i] = (canvas[i] as number) * (1 - alpha) + alpha * (color[c] as number);
      }
    }
};

/** One scene: digits of 15 to 45 % of the side, hardly overlapping, in light colours on a darker ground. */
export const drawScene = (digits: readonly Digit[], side: number, rng: Rng): { rgb: Uint8Array; objects: Placed[] } => {
  const canvas = background(side, rng);
  const objects: Placed[] = [];
  const wanted = 1 + rng.int(5);
  for (let attempt = 0; attempt < 40 && objects.length < wanted; attempt++) {
    const digit = digits[rng.int(digits.length)] as Digit;
    const [left, top, right, bottom] = digit.ink;
    const scale = (rng.uniform(0.2, 0.45) * side) / Math.max(right - left, bottom - top);
    const width = Math.max(0.08 * side, (right - left) * scale * rng.uniform(0.85, 1.15));
    const height = (bottom - top) * scale;
    if (width >= side || height >= side) continue;
    const box: Box = [rng.uniform(0, side - width), rng.uniform(0, side - height), width, height];
    if (objects.some((other) => overlaps(other.box, box))) continue;
    paint(canvas, side, digit, box, [rng.uniform(150, 255), rng.uniform(150, 255), rng.uniform(150, 255)]);
    objects.push({ label: digit.label, box });
  }
  return { rgb: Uint8Array.from(canvas, (v) => Math.min(255, Math.max(0, Math.round(v)))), objects };
};

const writeSplit = async (
  folder: string,
  split: string,
  digits: readonly Digit[],
  count: number,
  side: number,
  rng: Rng,
) => {
  mkdirSync(path.join(folder, split), { recursive: true });
  const images = [];
  const annotations = [];
  for (let i = 0; i < count; i++) {
    const { rgb, objects } = drawScene(digits, side, rng.fork(i));
    const file = `${String(i).padStart(5, '0')}.png`;
    await sharp(rgb, { raw: { width: side, height: side, channels: 3 } })
      .png({ compressionLevel: 1 })
      .toFile(path.join(folder, split, file));
    images.push({ id: i + 1, file_name: file, width: side, height: side });
    for (const { label, box } of objects)
      annotations.push({
        id: annotations.length + 1,
        image_id: i + 1,
        category_id: label + 1,
        bbox: box.map((v) => Math.round(v * 100) / 100),
        area: Math.round(box[2] * box[3] * 100) / 100,
        iscrowd: 0,
      });
  }
  const categories = Array.from({ length: 10 }, (_, label) => ({ id: label + 1, name: `digit ${label}` }));
  writeFileSync(
    path.join(folder, split, '_annotations.coco.json'),
    JSON.stringify({ images, annotations, categories }),
  );
};

/** Writes the scenes as a COCO folder (train/ and valid/), unless they are there already; returns the folder. */
export const writeScenes = async (root: string, { side, train, val, seed }: SceneOptions): Promise<string> => {
  const folder = path.join(root, `digits-${side}-${train}-${val}-${seed}`);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.part`;
  rmSync(unfinished, { recursive: true, force: true });
  const digits = loadDigits();
  const rng = createRng(seed);
  await writeSplit(unfinished, 'train', digits.train, train, side, rng.fork('train'));
  await writeSplit(unfinished, 'valid', digits.heldOut, val, side, rng.fork('valid'));
  renameSync(unfinished, folder);
  return folder;
};
