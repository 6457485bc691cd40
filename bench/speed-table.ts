import { type Measured, median, numbersOf, spreadOf, table } from './peer.ts';
import type { Variant } from './variants.ts';

/** What the processes of a variant measured, or why there is nothing. */
export interface Row {
  readonly variant: Pick<Variant, 'id' | 'title'>;
  readonly steps: readonly Measured[];
  readonly inferences: readonly Measured[];
  readonly reason?: string;
}

const ratio = (over: readonly number[], under: readonly number[]): string =>
  over.length > 0 && under.length > 0 ? `${(median(over) / median(under)).toFixed(2)}x` : '–';

const HEAD = ['', 'training img/s', 'to PyTorch', 'peak MB', 'start-up s', 'inference ms', 'speed to PyTorch'];

/** A model's rows as a markdown table, then what could not be measured, and what several workers gain. */
export const speedTable = (title: string, rows: readonly Row[]): string => {
  const of = (id: string) => rows.find(({ variant }) => variant.id === id);
  const speedsOf = (row: Row | undefined) => numbersOf(row?.steps ?? [], 'imagesPerSecond');
  const peer = of('pytorch');
  const peerSpeeds = speedsOf(peer);
  const peerTimes = numbersOf(peer?.inferences ?? [], 'inferenceMs');
  const cells = rows
    .filter(({ steps, inferences }) => steps.length + inferences.length > 0)
    .map((row) => {
      const times = numbersOf(row.inferences, 'inferenceMs');
      const evaluated = numbersOf(row.inferences, 'evalMs');
      const own = row === peer;
      return [
        row.variant.title,
        spreadOf(speedsOf(row)),
        own ? '' : ratio(speedsOf(row), peerSpeeds),
        spreadOf(numbersOf(row.steps, 'peakMB')),
        spreadOf(numbersOf(row.steps, 'startupS')),
        `${spreadOf(times)}${evaluated.length > 0 ? `; before \`deploy()\` ${spreadOf(evaluated)}` : ''}`,
        own ? '' : ratio(peerTimes, times),
      ];
    });
  const gain = ratio(speedsOf(of('workers')), speedsOf(of('worker')));
  return [
    `${title}\n`,
    table(HEAD, cells),
    ...(gain === '–' ? [] : [`\n2 workers of 1 thread against 1: ${gain}.`]),
    ...rows.filter(({ reason }) => reason).map(({ variant, reason }) => `\nNot measured: ${variant.title}: ${reason}`),
  ].join('\n');
};
