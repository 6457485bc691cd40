import { type Assignment, IGNORE, pairsOf, type Targets } from '@detrain/core';
import { centreOf } from './assignment.ts';
import { colorOf } from './colors.ts';
import { className, type DrawnBox, drawnBoxes, pixelBoxes, type Size, scaleOf } from './overlay.ts';
import { element } from './svg.ts';

/** What one strategy made of an image. */
export interface ComparedStrategy {
  readonly title: string;
  /** The candidates' boxes, cx cy w h in [0, 1], flat `[count * 4]`. */
  readonly boxes: Float32Array;
  readonly assignment: Assignment;
}

/** What an image has, for all strategies alike. */
export interface ComparedTargets {
  readonly targets: Targets;
  readonly classes?: readonly string[] | undefined;
}

/** With more pairs than this candidates are dots only: their boxes would hide the picture and each other. */
const BOXES_AT_MOST = 40;
/** With more objects than this their labels are numbers only. */
const NAMES_AT_MOST = 8;
/** Letters of labels, in pixels. */
const FONT = 13;
/** Ignored candidates closer than this many pixels are one mark. */
const MARK_GRID = 4;

export const MISSING = '#ff0000';
export const IGNORED = '#3d3d3d';

/** Candidates that answer for each target `[targets]`. */
export const answersOf = (assignment: Assignment, targets: Targets): Int32Array => {
  const counts = new Int32Array(targets.labels.length);
  for (const target of pairsOf(assignment).targets) counts[target] = (counts[target] ?? 0) + 1;
  return counts;
};

/** A candidate's dot; an open ring where it answers for several targets. */
export const dot = (x: number, y: number, color: string, radius: number, shared: boolean): string =>
  element('circle', {
    cx: x,
    cy: y,
    r: shared ? radius * 1.6 : radius,
    fill: shared ? '#ffffff' : color,
    stroke: '#000000',
    'stroke-width': shared ? radius * 0.7 : radius * 0.3,
  });

/** The mark of an ignored candidate. */
export const ignoredMark = (x: number, y: number, side: number): string =>
  element('rect', { x: x - side / 2, y: y - side / 2, width: side, height: side, fill: IGNORED, 'fill-opacity': 0.55 });

const ignoredMarks = (boxes: Float32Array, targetOf: Int32Array, size: Size, side: number): string => {
  const places = new Map<string, string>();
  targetOf.forEach((target, i) => {
    if (target !== IGNORE) return;
    const x = (boxes[4 * i] as number) * size.width;
    const y = (boxes[4 * i + 1] as number) * size.height;
    if (!(x >= 0 && x <= size.width && y >= 0 && y <= size.height)) return;
    places.set(`${Math.round(x / MARK_GRID)},${Math.round(y / MARK_GRID)}`, ignoredMark(x, y, side));
  });
  return [...places.values()].join('');
};

const cross = ([x1, y1, x2, y2]: DrawnBox['box'], line: number): string => {
  const stroke = { stroke: MISSING, 'stroke-width': line, 'stroke-opacity': 0.8 };
  return element('line', { x1, y1, x2, y2, ...stroke }) + element('line', { x1, y1: y2, x2, y2: y1, ...stroke });
};

/**
 * Who answers for whom by one strategy, as SVG content for a picture of this size: each object in a colour of its own with the number
 * of candidates that answer for it, these as dashed boxes (where they are few) and dots with a line to their object, ignored ones as
 * grey marks; an object without a candidate is crossed out.
 */
export const comparisonPanel = (
  size: Size,
  { targets, classes }: ComparedTargets,
  { boxes, assignment }: Omit<ComparedStrategy, 'title'>,
): string => {
  const { line } = scaleOf(size);
  const truth = pixelBoxes(targets.boxes, size);
  const candidates = pixelBoxes(boxes, size);
  const pairs = pairsOf(assignment);
  const uses = new Map<number, number>();
  for (const i of pairs.candidates) uses.set(i, (uses.get(i) ?? 0) + 1);
  const few = pairs.candidates.length <= BOXES_AT_MOST;
  const dashed: DrawnBox[] = [];
  let lines = '';
  let dots = '';
  pairs.candidates.forEach((i, k) => {
    const target = pairs.targets[k] as number;
    const [from, to] = [candidates[i], truth[target]];
    if (!from?.every(Number.isFinite) || !to) return;
    const color = colorOf(target);
    const [x1, y1] = centreOf(from);
    const [x2, y2] = centreOf(to);
    if (few) dashed.push({ box: from, color, dashed: true, thin: true });
    lines += element('line', { x1, y1, x2, y2, stroke: color, 'stroke-width': few ? line : line / 2 });
    dots += dot(x1, y1, color, few ? line * 1.6 : line * 1.1, (uses.get(i) ?? 0) > 1);
  });
  const counts = answersOf(assignment, targets);
  const named = truth.length <= NAMES_AT_MOST;
  const objects = truth.map((box, i): DrawnBox => {
    const name = named ? `${i} ${className(classes, targets.labels[i] ?? 0)}` : String(i);
    return { box, color: counts[i] ? colorOf(i) : MISSING, label: `${name} ×${counts[i]}` };
  });
  const crosses = truth.map((box, i) => (counts[i] ? '' : cross(box, line))).join('');
  const ignored = ignoredMarks(boxes, assignment.targetOf, size, line * 1.5);
  return ignored + drawnBoxes(dashed, size) + drawnBoxes(objects, size, { font: FONT }) + crosses + lines + dots;
};
