import { createRng } from '@detrain/core';
import { positiveQueries } from '@detrain/positive-queries';
import { bench } from 'vitest';

const rng = createRng(0);
const image = {
  candidates: { boxes: Float32Array.from({ length: 4 * 20267 }, rng.next) },
  assignment: { targetOf: Int32Array.from({ length: 20267 }, () => (rng.int(100) ? -1 : rng.int(20))) },
  targets: { boxes: Float32Array.from({ length: 80 }, rng.next), labels: new Int32Array(20) },
};

bench('two images of 20,267 anchors, 300 model queries', () => {
  positiveQueries([image, image], { rng, numClasses: 80, numQueries: 300 });
});
