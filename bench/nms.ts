// Our non-maximum suppression beside torchvision's, in one run, the two taking turns: medians in milliseconds, their ratio, and how many
// boxes only one of the two keeps.
//   pnpm bench:nms    (needs python3 with torch and torchvision)
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { batchedNms, createRng, nms } from '@detrain/core';
import { median, startPeer, table } from './peer.ts';

const ROUNDS = 5;
const CLASSES = 80;
const SIDE = 1000;

/** `random`: boxes anywhere; `clustered`: twenty around each of some places, as a detector without one-to-one matching gives them. */
const sceneOf = (kind: string, count: number) => {
  const rng = createRng(`${kind}.${count}`);
  const place = () => [SIDE * rng.next(), SIDE * rng.next(), rng.uniform(20, 250), rng.uniform(20, 250)] as const;
  const places = Array.from({ length: count / 20 }, place);
  const boxes = new Float32Array(4 * count);
  for (let i = 0; i < count; i++) {
    const [x, y, w, h] = kind === 'random' ? place() : places[rng.int(places.length)]!;
    const jitter = kind === 'random' ? 0 : 0.1;
    const [cx, cy] = [x + jitter * w * rng.normal(), y + jitter * h * rng.normal()];
    const [halfW, halfH] = [(w / 2) * (1 + jitter * rng.normal()), (h / 2) * (1 + jitter * rng.normal())];
    boxes.set([cx - halfW, cy - halfH, cx + halfW, cy + halfH], 4 * i);
  }
  return {
    boxes,
    scores: Float32Array.from({ length: count }, rng.next),
    labels: Int32Array.from({ length: count }, () => rng.int(CLASSES)),
  };
};

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-nms-'));
const save = (name: string, values: Float32Array | Int32Array) =>
  writeFileSync(path.join(folder, name), new Uint8Array(values.buffer));
const peer = startPeer('nms.py', [folder]);
const rows: string[][] = [];
try {
  for (const kind of ['clustered', 'random'])
    for (const count of [1000, 5000, 10_000]) {
      const name = `${kind}.${count}`;
      const { boxes, scores, labels } = sceneOf(kind, count);
      save(`${name}.boxes.f32`, boxes);
      save(`${name}.scores.f32`, scores);
      save(`${name}.labels.i32`, labels);
      const runs = [
        ['nms', 0.5, () => nms(boxes, scores, 0.5)],
        ['batched', 0.7, () => batchedNms(boxes, scores, labels, 0.7)],
      ] as const;
      for (const [what, threshold, run] of runs) {
        const ours: number[] = [];
        const theirs: number[] = [];
        let kept = run();
        let reference: readonly number[] = [];
        for (let round = 0; round < ROUNDS; round++) {
          for (let r = 0; r < 5; r++) {
            const start = performance.now();
            kept = run();
            ours.push(performance.now() - start);
          }
          const answer = (await peer.ask(`${name} ${what} ${threshold} 5`)) as {
            milliseconds: number[];
            kept: number[];
          };
          theirs.push(...answer.milliseconds);
          reference = answer.kept;
        }
        const [a, b] = [median(ours), median(theirs)];
        const both = new Set([...kept, ...reference]).size;
        const differs = 2 * both - kept.length - reference.length;
        rows.push([
          what === 'nms' ? 'one class, IoU 0.5' : `${CLASSES} classes, IoU 0.7`,
          `${count} ${kind}`,
          a.toFixed(2),
          b.toFixed(2),
          `${(b / a).toFixed(1)}x`,
          String(kept.length),
          String(differs),
        ]);
      }
    }
} finally {
  peer.close();
  rmSync(folder, { recursive: true });
}
console.log(
  `Node ${process.version}, ${cpus()[0]?.model.trim()}, one thread, ${ROUNDS} rounds taking turns, median ms a call\n`,
);
console.log(table(['suppression', 'boxes', 'ours', 'torchvision', 'speed', 'kept', 'kept by one only'], rows));
