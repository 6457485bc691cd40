import type { Recording } from './recording.ts';
import { reshape } from './reshape.ts';
import { type Traced, uniform } from './traced.ts';

/**
 * Sums rows `updates [count, width]` into `rows` rows of zeros at `places [count]`.
 *
 * ScatterElements, not ScatterND: the sum of onnxruntime's CPU ScatterND goes wrong when places repeat and the session
 * has several threads.
 */
export const scatterRows = (recording: Recording, updates: Traced, places: Traced, rows: number): Traced => {
  const [count, width] = updates.shape as [number, number];
  const shape = [rows, width];
  const { dtype } = updates;
  const index = reshape(recording, places, [count, 1]);
  return recording.value(
    'ScatterElements',
    [
      recording.place(uniform(0, shape, dtype), { whole: true }),
      recording.place({ ...index, shape: [count, width] }, { perm: [0, 1], whole: true }),
      recording.place(updates, { perm: [0, 1], whole: true }),
    ],
    { shape, dtype },
    { axis: { int: 0 }, reduction: { string: 'add' } },
  );
};
