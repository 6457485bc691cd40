import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { main } from '../src/index.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-overfit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const IMAGES = 8;
const STEPS = 300;

/** The first images of BCCD's training split as a VOC folder of their own, which is trained on and evaluated on. */
const firstImages = (bccd: string): string => {
  const data = path.join(folder, 'data');
  for (const part of ['Annotations', 'JPEGImages', 'ImageSets/Main'])
    mkdirSync(path.join(data, part), { recursive: true });
  const ids = readFileSync(path.join(bccd, 'ImageSets/Main/train.txt'), 'utf8').trim().split(/\s+/).slice(0, IMAGES);
  for (const id of ids) {
    copyFileSync(path.join(bccd, 'Annotations', `${id}.xml`), path.join(data, 'Annotations', `${id}.xml`));
    copyFileSync(path.join(bccd, 'JPEGImages', `${id}.jpg`), path.join(data, 'JPEGImages', `${id}.jpg`));
  }
  for (const split of ['train', 'val'])
    writeFileSync(path.join(data, 'ImageSets/Main', `${split}.txt`), ids.join('\n'));
  return data;
};

const config = `
import { defineConfig } from '@detrain/cli';
import { contrastiveDenoising } from '@detrain/denoising';
import { compose, deimv2Lite, knownQueries } from '@detrain/recipes';

const recipe = compose(
  deimv2Lite({ denseO2O: false, switchAt: false, detections: 100 }),
  knownQueries(contrastiveDenoising({ count: 40, maxTargets: 40 })),
);
export default defineConfig({
  name: 'overfit',
  model: { name: 'deimv2-atto', numQueries: 60 },
  inputSize: 256,
  batchSize: ${IMAGES},
  epochs: ${STEPS},
  evaluateEvery: ${STEPS},
  recipe: { ...recipe, augmentations: [] },
  optimizer: { learningRate: 2e-3, backboneLearningRate: 2e-3 },
  schedule: { warmup: 0.05, flat: 0.6, tail: 0.05, floor: 0.05 },
  ema: { decay: 0.97, warmup: 20 },
  onProblem: 'repair',
});
`;

it(`learns ${IMAGES} photographs by heart in ${STEPS} steps: AP50 >= 0.9`, { timeout: 900_000 }, async ({ skip }) => {
  const reference = process.env['DETRAIN_REFERENCE'];
  if (!reference) return skip('skipped: no reference data');
  const file = path.join(folder, 'detrain.config.ts');
  writeFileSync(file, config);
  const data = firstImages(path.join(reference, 'datasets/bccd/BCCD'));
  const out = path.join(folder, 'runs');
  expect(await main(['train', file, '--data', data, '--out', out, '--name', 'overfit', '--json'])).toBe(0);
  const [run = ''] = readdirSync(out);
  const lines = readFileSync(path.join(out, run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  const last = lines.map((line) => JSON.parse(line)).findLast(({ kind }) => kind === 'validation');
  console.info(`overfit: AP50 ${last.metrics.ap50.toFixed(3)}, AP ${last.metrics.ap.toFixed(3)}`);
  expect(last.metrics.ap50).toBeGreaterThanOrEqual(0.9);
});
