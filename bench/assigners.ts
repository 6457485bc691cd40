// Every assigner on one image: 20,267 anchors (800 x 1216, strides 8 to 128) or 900 queries, and 5 to 60 objects; median ms a call.
//   pnpm bench:assigners
import { cpus } from 'node:os';
import { atss } from '@detrain/assigner-atss';
import { fcos } from '@detrain/assigner-fcos';
import { detaStage1, detaStage2, maxIou, officialDeta, rpnMatching, sampled } from '@detrain/assigner-iou';
import { paa } from '@detrain/assigner-paa';
import { simota } from '@detrain/assigner-simota';
import { type Assigner, type Candidates, createRng, pairsOf, type Targets } from '@detrain/core';
import { hungarian } from '@detrain/matcher-hungarian';
import { median, table } from './peer.ts';

const [HEIGHT, WIDTH] = [800, 1216];
const STRIDES = [8, 16, 32, 64, 128];
const CLASSES = 80;
const CALLS = 60;
const OBJECTS = [5, 20, 60];

/** One anchor a place, of eight strides, level by level. */
const anchors = (): Candidates => {
  const levels: number[] = [];
  const boxes: number[] = [];
  for (const stride of STRIDES) {
    const [rows, columns] = [Math.ceil(HEIGHT / stride), Math.ceil(WIDTH / stride)];
    levels.push(rows * columns);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        boxes.push((column * stride) / WIDTH, (row * stride) / HEIGHT, (8 * stride) / WIDTH, (8 * stride) / HEIGHT);
  }
  return { boxes: Float32Array.from(boxes), numClasses: CLASSES, levels };
};

const rng = createRng('assigners');
const randomBoxes = (count: number) =>
  Float32Array.from({ length: 4 * count }, (_, k) => (k % 4 < 2 ? rng.next() : rng.uniform(0.02, 0.4)));
const queries: Candidates = {
  boxes: randomBoxes(900),
  logits: Float32Array.from({ length: 900 * CLASSES }, rng.normal),
  numClasses: CLASSES,
};
/** What a head predicts at the anchors: boxes a little off, a probability of every class. */
const predictionsAt = (priors: Candidates): Candidates => ({
  ...priors,
  priors: priors.boxes,
  boxes: priors.boxes.map((value) => value * rng.uniform(0.9, 1.1)),
  logits: Float32Array.from({ length: (priors.boxes.length / 4) * CLASSES }, rng.normal),
});
const targetsOf = (count: number): Targets => ({
  boxes: randomBoxes(count),
  labels: Int32Array.from({ length: count }, () => rng.int(CLASSES)),
});

/** What is measured: an assigner and the candidates it is meant for. Add a line for a new one. */
const grid = anchors();
const predictions = predictionsAt(grid);
const imageSize = [WIDTH, HEIGHT] as const;
const entries: readonly (readonly [Assigner, Candidates])[] = [
  [maxIou(), grid],
  [sampled(maxIou(rpnMatching), { count: 256, positiveFraction: 0.5 }), grid],
  [detaStage1(), grid],
  [detaStage1(officialDeta), grid],
  [detaStage2(), queries],
  [atss({ imageSize }), grid],
  [fcos({ imageSize }), grid],
  [paa({ imageSize }), predictions],
  [simota({ imageSize }), predictions],
  [hungarian(), queries],
];

const rows = entries.map(([assigner, candidates]) => {
  const times = OBJECTS.map((count) => {
    const targets = targetsOf(count);
    const context = { rng, progress: 0, epoch: 0, step: 0, output: 'bench' };
    let pairs = 0;
    const milliseconds = Array.from({ length: CALLS }, () => {
      const start = performance.now();
      const assignment = assigner.assign(candidates, targets, context);
      const spent = performance.now() - start;
      pairs = pairsOf(assignment).candidates.length;
      return spent;
    });
    return `${median(milliseconds.slice(CALLS / 3)).toFixed(2)} (${pairs})`;
  });
  const official = assigner.options['respectOwnership'] === false ? ', official' : '';
  return [`${assigner.name}${official}`, String(candidates.boxes.length / 4), ...times];
});
console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, one thread, warm median ms a call (pairs)\n`);
console.log(table(['assigner', 'candidates', ...OBJECTS.map((count) => `${count} objects`)], rows));
