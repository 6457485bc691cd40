import { parentPort, workerData } from 'node:worker_threads';
import { sharedCollective } from '../src/index.ts';

// Each member brings its rank, in arrays of two names, many times over: a race would show.
const { rank, size, allReduce, broadcast, barrier } = sharedCollective(workerData.memory, workerData.rank);
let wrong = 0;
const triangle = (size * (size - 1)) / 2;
for (let round = 0; round < 200; round++) {
  const arrays = { a: new Float32Array(5).fill(rank), b: Float32Array.of(rank * round) };
  allReduce(arrays);
  if (arrays.a.some((x) => x !== triangle) || arrays.b[0] !== triangle * round) wrong++;
  barrier();
  const told = { c: Float32Array.of(rank, round) };
  broadcast(told, round % size);
  if (told.c[0] !== round % size) wrong++;
}
let refused = '';
try {
  allReduce({ large: new Float32Array(7) });
} catch (error) {
  refused = (error as Error).message;
}
parentPort?.postMessage({ wrong, refused });
