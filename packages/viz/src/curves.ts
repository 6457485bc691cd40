import { element, escapeXml } from './svg.ts';
import { tickLabel, ticks } from './ticks.ts';

/** One line of a chart; points whose y is not finite leave a gap. */
export interface Series {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

export interface CurvesOptions {
  readonly title: string;
  readonly xLabel?: string;
  readonly yLabel?: string;
  /** Pixels. Default 640. */
  readonly width?: number;
  /** Pixels. Default 300. */
  readonly height?: number;
  /** Fixes the y range, as [0, 1] for AP; else it follows the points. */
  readonly yRange?: readonly [number, number];
}

const margin = { left: 56, right: 16, top: 34, bottom: 44 };
const dashes = [undefined, '8 4', '2 3', '10 3 2 3', '5 2', '12 6', '1 4'];

/** Colours that keep a contrast of 3:1 or more against the background they are used on, light and dark. */
const style = `.dc{font:12px system-ui,sans-serif;color:#1b1f24;background:transparent}.dc text{fill:currentColor}
.dc .g{stroke:currentColor;stroke-opacity:.15}.dc .l{fill:none;stroke-width:2;stroke-linejoin:round}
.dc{--s0:#0072b2;--s1:#b35900;--s2:#00795a;--s3:#a64d79;--s4:#6a51a3;--s5:#8c6d1f;--s6:#333}
@media (prefers-color-scheme:dark){.dc{color:#e6e6e6;--s0:#56b4e9;--s1:#f0a34a;--s2:#3fc9a0;--s3:#e7a3c6;--s4:#b9a6e8;--s5:#e5c75a;--s6:#ccc}}`.replace(
  /\n/g,
  '',
);

/** At most `limit` points: the lowest and the highest of each bucket, so that peaks stay. */
const thin = (points: Series['points'], limit = 600): Series['points'] => {
  if (points.length <= limit) return points;
  const buckets = limit / 2;
  return Array.from({ length: buckets }, (_, b) => {
    const part = points.slice(
      Math.floor((b * points.length) / buckets),
      Math.floor(((b + 1) * points.length) / buckets),
    );
    const low = part.reduce((best, point) => (point[1] < best[1] ? point : best));
    const high = part.reduce((best, point) => (point[1] > best[1] ? point : best));
    return low[0] <= high[0] ? [low, high] : [high, low];
  }).flat();
};

const pathOf = (points: Series['points'], x: (v: number) => number, y: (v: number) => number): string => {
  let pen = 'M';
  let path = '';
  for (const [px, py] of points) {
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      pen = 'M';
      continue;
    }
    path += `${pen}${x(px).toFixed(1)} ${y(py).toFixed(1)}`;
    pen = 'L';
  }
  return path;
};

const extent = (values: readonly number[], fallback: readonly [number, number]): readonly [number, number] => {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : fallback;
};

/**
 * Lines over a common x axis as a self-contained SVG: told apart by colour and by dashes, with a legend, light or dark
 * as the reader's system is.
 */
export const curvesSvg = (series: readonly Series[], options: CurvesOptions): string => {
  const { title, xLabel = '', yLabel = '', width = 640, height = 300, yRange } = options;
  const xTicks = ticks(
    ...extent(
      series.flatMap((s) => s.points.map((p) => p[0])),
      [0, 1],
    ),
    6,
  );
  const yTicks = ticks(
    ...(yRange ??
      extent(
        series.flatMap((s) => s.points.map((p) => p[1])),
        [0, 1],
      )),
    5,
  );
  const [x0, x1, y0, y1] = [xTicks[0] ?? 0, xTicks.at(-1) ?? 1, yTicks[0] ?? 0, yTicks.at(-1) ?? 1];
  const x = (v: number) => margin.left + ((v - x0) / (x1 - x0)) * (width - margin.left - margin.right);
  const y = (v: number) => height - margin.bottom - ((v - y0) / (y1 - y0)) * (height - margin.top - margin.bottom);
  const text = (content: string, attributes: Record<string, string | number | undefined>) =>
    element('text', attributes, escapeXml(content));
  const parts = [element('title', {}, escapeXml(title)), element('style', {}, style)];
  for (const tick of yTicks)
    parts.push(
      element('line', { class: 'g', x1: margin.left, x2: width - margin.right, y1: y(tick), y2: y(tick) }),
      text(tickLabel(tick), { x: margin.left - 6, y: y(tick) + 4, 'text-anchor': 'end' }),
    );
  for (const tick of xTicks)
    parts.push(text(tickLabel(tick), { x: x(tick), y: height - margin.bottom + 16, 'text-anchor': 'middle' }));
  parts.push(text(xLabel, { x: (margin.left + width - margin.right) / 2, y: height - 8, 'text-anchor': 'middle' }));
  const middle = (margin.top + height - margin.bottom) / 2;
  parts.push(text(yLabel, { x: 12, y: middle, 'text-anchor': 'middle', transform: `rotate(-90 12 ${middle})` }));
  let legend = margin.left;
  series.forEach(({ name, points }, i) => {
    const stroke = { style: `stroke:var(--s${i % 7})`, 'stroke-dasharray': dashes[i % dashes.length] };
    const drawn = thin(points);
    parts.push(element('path', { class: 'l', d: pathOf(drawn, x, y), ...stroke }));
    const only = drawn.filter(([, v]) => Number.isFinite(v));
    if (only.length === 1 && only[0])
      parts.push(element('circle', { cx: x(only[0][0]), cy: y(only[0][1]), r: 3, style: `fill:var(--s${i % 7})` }));
    parts.push(element('line', { class: 'l', x1: legend, x2: legend + 24, y1: 14, y2: 14, ...stroke }));
    parts.push(text(name, { x: legend + 29, y: 18 }));
    legend += 29 + name.length * 6.6 + 18;
  });
  return element(
    'svg',
    {
      xmlns: 'http://www.w3.org/2000/svg',
      class: 'dc',
      viewBox: `0 0 ${width} ${height}`,
      width,
      height,
      role: 'img',
      'aria-label': title,
    },
    parts.join(''),
  );
};
