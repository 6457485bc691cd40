// Our COCO evaluation beside pycocotools on the synthetic set, in one run: wall and processor seconds, the
// latter's ratio (a busy machine spoils the former), and the largest difference.
//   pnpm bench:coco [images=5000]    (needs python3 with pycocotools; it takes a minute or two)
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { evaluateCoco } from '@detrain/metrics';
import { syntheticSet } from '../packages/metrics/test/_synthetic.ts';
import { median, table } from './peer.ts';

const images = Number(process.argv[2] ?? 5000);
const set = syntheticSet(images);
const count = set.detections.scores.length;

const wall: number[] = [];
const cpu: number[] = [];
let stats: Float64Array = new Float64Array(12);
for (let round = 0; round < 3; round++) {
  const start = performance.now();
  const before = process.cpuUsage();
  stats = evaluateCoco(set).stats;
  wall.push((performance.now() - start) / 1000);
  const { user, system } = process.cpuUsage(before);
  cpu.push((user + system) / 1e6);
}

const folder = mkdtempSync(path.join(tmpdir(), 'detrain-coco-'));
try {
  const [truth, results] = [path.join(folder, 'gt.json'), path.join(folder, 'dt.json')];
  writeFileSync(truth, JSON.stringify(set.groundTruth));
  const out = createWriteStream(results);
  const { images: ids, categories, boxes, scores } = set.detections;
  for (let k = 0; k < count; k++) {
    const bbox = [0, 1, 2, 3].map((e) => boxes[4 * k + e]);
    const line = JSON.stringify({ image_id: ids[k], category_id: categories[k], bbox, score: scores[k] });
    if (!out.write(`${k === 0 ? '[' : ','}${line}`)) await once(out, 'drain');
  }
  out.end(']');
  await once(out, 'finish');
  const script = fileURLToPath(new URL('peers/coco.py', import.meta.url));
  const run = spawnSync(process.env['PYTHON'] ?? 'python3', [script, truth, results], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (run.status !== 0) throw new Error('bench: coco.py failed. Install its module: pip install pycocotools.');
  const peer = JSON.parse(run.stdout) as { wall: number; cpu: number; stats: number[] };
  const difference = Math.max(...peer.stats.map((value, k) => Math.abs(value - stats[k]!)));
  console.log(`Node ${process.version}, ${cpus()[0]?.model.trim()}, one thread\n`);
  console.log(
    table(
      ['images', 'objects', 'detections', '', 'wall (s)', 'processor (s)', 'speed', 'largest difference'],
      [
        [
          `${images}`,
          `${set.groundTruth.annotations.length}`,
          `${count}`,
          'ours',
          median(wall).toFixed(2),
          median(cpu).toFixed(2),
        ].concat(`${(peer.cpu / median(cpu)).toFixed(0)}x`, difference.toExponential(1)),
        ['', '', '', 'pycocotools', peer.wall.toFixed(1), peer.cpu.toFixed(1), '', ''],
      ],
    ),
  );
} finally {
  rmSync(folder, { recursive: true });
}
