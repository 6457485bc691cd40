import { mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { resizeImage } from '@detrain/augment';
import type { Detections, HostTensor, Image } from '@detrain/core';
import { decodeImage } from '@detrain/data';
import { createEngine } from '@detrain/engine';
import { drawBoxes } from '@detrain/viz';
import { numberOption } from '../command.ts';
import { EXIT, userError } from '../errors.ts';
import { createOutput } from '../terminal/output.ts';
import { detectorRunner } from './detect.ts';
import { queryOf, readWeights } from './weights-file.ts';

/** Options of `detrain predict`, as the command line has them. */
export interface FindOptions {
  readonly weights: string;
  readonly images: readonly string[];
  readonly out?: string | undefined;
  readonly threshold?: string | undefined;
  readonly config?: string | undefined;
  readonly model?: string | undefined;
  readonly 'weights-classes'?: string | undefined;
  readonly size?: string | undefined;
  readonly engine?: string | undefined;
  readonly threads?: string | undefined;
  readonly json?: boolean | undefined;
}

const IMAGE = /\.(jpe?g|png|webp|gif|tiff?|avif)$/i;

/** The image files that were named, folders opened. Throws a user error for a name without one. */
const imageFiles = (names: readonly string[]): string[] =>
  names.flatMap((name) => {
    const found = statSync(name, { throwIfNoEntry: false });
    if (!found) throw userError(`${name} does not exist. Name images, or folders of images.`);
    if (!found.isDirectory()) return [name];
    const files = readdirSync(name)
      .filter((file) => IMAGE.test(file))
      .sort();
    if (files.length === 0) throw userError(`${name} has no images (jpg, png, webp, gif, tiff, avif).`);
    return files.map((file) => path.join(name, file));
  });

const toBatch = (image: Image, [width, height]: readonly [number, number]): HostTensor => ({
  shape: [1, height, width, 3],
  dtype: 'float32',
  data: Float32Array.from(resizeImage(image, width, height).data, (value) => value / 255),
});

const sure = (
  { boxes, scores, labels }: Detections,
  threshold: number,
  classes: readonly string[],
  categoryIds: readonly number[],
) =>
  [...scores.keys()]
    .filter((i) => (scores[i] as number) >= threshold)
    .map((i) => ({
      class: classes[labels[i] as number] ?? String(labels[i]),
      categoryId: categoryIds[labels[i] as number] ?? null,
      score: Number((scores[i] as number).toFixed(4)),
      /** x1 y1 x2 y2 in pixels of the image. */
      box: [...boxes.subarray(4 * i, 4 * i + 4)].map((value) => Number(value.toFixed(2))),
    }));

const pictureName = (file: string, taken: Set<string>): string => {
  const stem = path.basename(file, path.extname(file));
  let name = `${stem}.png`;
  for (let n = 2; taken.has(name); n++) name = `${stem}-${n}.png`;
  taken.add(name);
  return name;
};

/** Finds objects in images, draws them and lists them. Gives the exit code. */
export const findObjects = async (parsed: FindOptions): Promise<number> => {
  const output = createOutput({ json: parsed.json });
  const threshold = numberOption(parsed.threshold, 'threshold', { min: 0 }) ?? 0.4;
  const threads = numberOption(parsed.threads, 'threads', { integer: true, min: 1 });
  const used = await readWeights(parsed.weights, queryOf(parsed));
  const files = imageFiles(parsed.images);
  const out = parsed.out ?? 'predictions';
  mkdirSync(out, { recursive: true });
  const engine = await createEngine({ engine: (parsed.engine ?? 'auto') as 'auto', ...(threads ? { threads } : {}) });
  try {
    const runner = detectorRunner(engine, used.detector, {
      batchSize: 1,
      suppression: used.suppression,
      fixed: used.parameters,
    });
    const taken = new Set<string>();
    const found = [];
    for (const file of files) {
      const image = await decodeImage(file);
      const started = performance.now();
      const [detections] = await runner.detect(used.parameters, toBatch(image, used.inputSize), [
        [image.width, image.height],
      ]);
      if (!detections) continue;
      const seconds = (performance.now() - started) / 1000;
      const objects = sure(detections, threshold, used.classes, used.categoryIds);
      const picture = path.join(out, pictureName(file, taken));
      writeFileSync(picture, await drawBoxes(image, { detections, classes: used.classes, minScore: threshold }));
      found.push({ file, picture, width: image.width, height: image.height, objects });
      const counts = new Map<string, number>();
      for (const object of objects) counts.set(object.class, (counts.get(object.class) ?? 0) + 1);
      const words = [...counts].map(([name, count]) => `${count} ${name}`).join(', ') || 'nothing';
      output.say(`${file}: ${words} (${Math.round(seconds * 1000)} ms) -> ${picture}`);
    }
    const file = path.join(out, 'predictions.json');
    writeFileSync(file, `${JSON.stringify(found, null, 2)}\n`);
    output.data(found);
    output.say(file);
    return EXIT.ok;
  } finally {
    await engine.dispose();
  }
};
