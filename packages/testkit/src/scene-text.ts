import type { Scene } from './scene.ts';

/** The fewest digits that give the same float32. */
const shortest = (value: number): string => {
  for (let digits = 1; digits < 9; digits++) {
    const text = Number(value.toPrecision(digits));
    if (Object.is(Math.fround(text), value)) return String(text);
  }
  return String(Number(value.toPrecision(9)));
};

const floats = (values: Float32Array) => `Float32Array.of(${Array.from(values, shortest).join(', ')})`;

/** A scene as TypeScript, ready to paste into a test: the first two arguments of `assign`. */
export const sceneText = ({ candidates, targets }: Scene): string => {
  const { boxes, logits, numClasses, levels, valid } = candidates;
  return [
    'const candidates = {',
    `  boxes: ${floats(boxes)},`,
    ...(logits ? [`  logits: ${floats(logits)},`] : []),
    ...(levels ? [`  levels: [${levels.join(', ')}],`] : []),
    ...(valid ? [`  valid: Uint8Array.of(${valid.join(', ')}),`] : []),
    `  numClasses: ${numClasses},`,
    '};',
    'const targets = {',
    `  boxes: ${floats(targets.boxes)},`,
    `  labels: Int32Array.of(${targets.labels.join(', ')}),`,
    '};',
  ].join('\n');
};
