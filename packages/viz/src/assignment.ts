import { type Assignment, pairsOf, type Targets } from '@detrain/core';
import { colorOf } from './colors.ts';
import { className, type DrawnBox, drawnBoxes, pixelBoxes, type Size, scaleOf } from './overlay.ts';
import { element } from './svg.ts';

/** Who was matched to whom in one image. */
export interface Matches {
  readonly targets: Targets;
  /** The candidates' boxes, cx cy w h in [0, 1], flat `[count * 4]`. */
  readonly boxes: Float32Array;
  readonly assignment: Assignment;
  readonly classes?: readonly string[] | undefined;
}

/** The centre of a box x1 y1 x2 y2. */
export const centreOf = ([x1, y1, x2, y2]: readonly [number, number, number, number]) =>
  [(x1 + x2) / 2, (y1 + y2) / 2] as const;

/**
 * Each target in a colour of its own, its candidates dashed in the same colour, a line from centre to centre;
 * a target that nobody answers for is crossed out. SVG content for a picture of this size.
 */
export const assignmentOverlay = (size: Size, { targets, boxes, assignment, classes }: Matches): string => {
  const { line } = scaleOf(size);
  const truth = pixelBoxes(targets.boxes, size);
  const candidates = pixelBoxes(boxes, size);
  const pairs = pairsOf(assignment);
  const answered = new Set(pairs.targets);
  const drawn: DrawnBox[] = [];
  let marks = '';
  pairs.candidates.forEach((candidate, k) => {
    const target = pairs.targets[k] ?? 0;
    const from = candidates[candidate];
    const to = truth[target];
    if (!from?.every(Number.isFinite) || !to) return;
    const color = colorOf(target);
    drawn.push({ box: from, color, label: `q${candidate}`, dashed: true });
    const [x1, y1] = centreOf(from);
    const [x2, y2] = centreOf(to);
    marks += element('line', { x1, y1, x2, y2, stroke: color, 'stroke-width': line });
    marks += element('circle', { cx: x1, cy: y1, r: line * 2, fill: color });
    marks += element('circle', { cx: x2, cy: y2, r: line * 3, fill: 'none', stroke: color, 'stroke-width': line });
  });
  truth.forEach((box, i) => {
    drawn.push({ box, color: colorOf(i), label: `${i}: ${className(classes, targets.labels[i] ?? 0)}` });
    if (answered.has(i)) return;
    const [x1, y1, x2, y2] = box;
    const stroke = { stroke: '#ff0000', 'stroke-width': line };
    marks += element('line', { x1, y1, x2, y2, ...stroke }) + element('line', { x1, y1: y2, x2, y2: y1, ...stroke });
  });
  return drawnBoxes(drawn, size) + marks;
};
