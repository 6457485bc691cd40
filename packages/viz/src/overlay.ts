import type { Detections, Targets } from '@detrain/core';
import { colorOf, inkOn } from './colors.ts';
import { element, escapeXml } from './svg.ts';

/** The size of the picture that is drawn on, in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

export interface BoxesOptions {
  /** What a model says, in pixels of the picture. */
  readonly detections?: Detections | undefined;
  /** What is there. */
  readonly truth?: Targets | undefined;
  /** Class names by index; the index itself where absent. */
  readonly classes?: readonly string[] | undefined;
  /** Detections below this score are left out. Default 0.3. */
  readonly minScore?: number | undefined;
}

/** One box to draw, x1 y1 x2 y2 in pixels. */
export interface DrawnBox {
  readonly box: readonly [number, number, number, number];
  readonly color: string;
  readonly label?: string;
  readonly dashed?: boolean;
  /** Without the dark edge that keeps a line visible on any photograph. */
  readonly thin?: boolean;
}

/** How all boxes of a drawing are drawn. */
interface BoxStyle {
  /** Height of letters in pixels; default as suits the picture. */
  readonly font?: number;
}

/** Line width and letter height that suit a picture's size, in pixels. */
export const scaleOf = ({ width, height }: Size): { line: number; font: number } => {
  const side = Math.min(width, height);
  return { line: Math.min(4, Math.max(2, side / 200)), font: Math.min(22, Math.max(8, side / 26)) };
};

/** The boxes of targets, x1 y1 x2 y2 in pixels. */
export const pixelBoxes = (boxes: Float32Array, { width, height }: Size): [number, number, number, number][] =>
  Array.from({ length: boxes.length / 4 }, (_, i) => {
    const [cx, cy, w, h] = boxes.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    return [(cx - w / 2) * width, (cy - h / 2) * height, (cx + w / 2) * width, (cy + h / 2) * height];
  });

/** A class's name. */
export const className = (classes: readonly string[] | undefined, label: number): string =>
  classes?.[label] ?? String(label);

const drawLabel = (text: string, x: number, top: number, size: Size, color: string, font: number): string => {
  // no font metrics here: 0.6 em is a little wider than the usual sans-serif average
  const width = Math.min(size.width, text.length * font * 0.6 + font * 0.5);
  const height = font * 1.3;
  const left = Math.max(0, Math.min(x, size.width - width));
  const y = top >= height ? top - height : Math.max(0, top);
  const words = element(
    'text',
    { x: left + font * 0.25, y: y + font, fill: inkOn(color), 'font-size': font, 'font-family': 'sans-serif' },
    escapeXml(text),
  );
  return element('rect', { x: left, y, width, height, fill: color, 'fill-opacity': 0.9 }) + words;
};

/** Boxes with their labels as SVG content, in the order given: later ones lie on top. Boxes that are not finite are left out. */
export const drawnBoxes = (boxes: readonly DrawnBox[], size: Size, style: BoxStyle = {}): string => {
  const { line, font } = { ...scaleOf(size), ...style };
  return boxes
    .filter(({ box }) => box.every(Number.isFinite))
    .map(({ box: [x1, y1, x2, y2], color, label, dashed, thin }) => {
      const frame = { x: x1, y: y1, width: Math.max(0, x2 - x1), height: Math.max(0, y2 - y1), fill: 'none' };
      const dash = dashed ? `${line * 4} ${line * 2}` : undefined;
      const halo = element('rect', { ...frame, stroke: '#000000', 'stroke-opacity': 0.5, 'stroke-width': line + 1.5 });
      const edge = element('rect', { ...frame, stroke: color, 'stroke-width': line, 'stroke-dasharray': dash });
      const words = label === undefined ? '' : drawLabel(label, x1, y1, size, color, font);
      return (thin ? '' : halo) + edge + words;
    })
    .join('');
};

/** Truth (dashed where detections are there too) and detections (best on top) as SVG content for a picture of this size. */
export const boxesOverlay = (size: Size, { detections, truth, classes, minScore = 0.3 }: BoxesOptions): string => {
  const drawn: DrawnBox[] = [];
  if (truth)
    pixelBoxes(truth.boxes, size).forEach((box, i) => {
      const label = truth.labels[i] ?? 0;
      drawn.push({ box, color: colorOf(label), label: className(classes, label), dashed: detections !== undefined });
    });
  if (detections) {
    const { boxes, labels, scores } = detections;
    const kept = Array.from(scores.keys()).filter((i) => (scores[i] ?? 0) >= minScore);
    for (const i of kept.sort((a, b) => (scores[a] ?? 0) - (scores[b] ?? 0))) {
      const box = Array.from(boxes.subarray(4 * i, 4 * i + 4)) as [number, number, number, number];
      const label = labels[i] ?? 0;
      drawn.push({
        box,
        color: colorOf(label),
        label: `${className(classes, label)} ${(scores[i] ?? 0).toFixed(2)}`,
      });
    }
  }
  return drawnBoxes(drawn, size);
};
