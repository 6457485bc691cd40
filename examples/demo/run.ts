// pnpm demo [--smoke]: draws scenes of handwritten digits, trains a detector on them from scratch, evaluates it on
// handwriting it has not seen, and leaves weights, pictures and an HTML report in runs/.
import path from 'node:path';
import { main } from '@detrain/cli';
import { writeScenes } from './scenes.ts';

const smoke = process.argv.includes('--smoke');
const began = performance.now();
const root = path.resolve(import.meta.dirname, '../..');
console.log('drawing scenes of handwritten digits …');
const folder = await writeScenes(path.join(root, 'runs', 'data'), {
  side: 160,
  train: smoke ? 64 : 2000,
  val: smoke ? 16 : 200,
  seed: 1,
});
process.exitCode = await main([
  'train',
  path.join(import.meta.dirname, 'detrain.config.ts'),
  '--data',
  folder,
  '--out',
  path.join(root, 'runs'),
  ...(smoke ? ['--smoke'] : []),
]);
console.log(`demo: ${((performance.now() - began) / 60_000).toFixed(1)} minutes`);
