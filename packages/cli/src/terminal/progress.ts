import type { StepRecord, TrainerCallback } from '@detrain/trainer';
import { bytes, duration, figure } from './format.ts';
import type { Output } from './output.ts';
import { statusLine } from './status-line.ts';

/** Where progress is drawn. */
export interface ProgressOptions {
  readonly output: Output;
  /** A terminal gets one line that is written over; anything else a line every `everySeconds`. */
  readonly stream?: NodeJS.WriteStream;
  readonly everySeconds?: number;
}

/** Terms of many outputs, `mal/layer.0`, summed by the loss's name. */
export const byLoss = (terms: Readonly<Record<string, number>>): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [name, value] of Object.entries(terms)) {
    const loss = name.replace(/^loss_/, '').split(/[/.:_]/)[0] as string;
    sums[loss] = (sums[loss] ?? 0) + value;
  }
  return sums;
};

/** A mean that forgets: the last twenty or so steps. */
const smooth = (previous: number | null, value: number) => (previous === null ? value : 0.95 * previous + 0.05 * value);

/** A callback that shows a run, and can show an evaluation, too. */
export interface Progress extends TrainerCallback {
  /** Images of an evaluation that are done. */
  evaluating(done: number, total: number): void;
}

/** Shows where a run stands: losses, images a second, time left, memory. */
export const progress = ({
  output,
  stream = output.json ? process.stderr : process.stdout,
  everySeconds = 10,
}: ProgressOptions): Progress => {
  let secondsPerStep: number | null = null;
  let loss: number | null = null;

  const { draw, end, isDue } = statusLine(stream, everySeconds);

  const line = (record: StepRecord, epochs: number, stepsPerEpoch: number) => {
    const left = (epochs * stepsPerEpoch - record.step) * (secondsPerStep ?? Number.NaN);
    const terms = Object.entries(byLoss(record.terms)).map(([name, value]) => `${name} ${figure(value)}`);
    return [
      `epoch ${record.epoch + 1}/${epochs}`,
      `step ${record.stepInEpoch}/${stepsPerEpoch}`,
      `loss ${figure(loss ?? record.loss)} (${terms.join(', ')})`,
      `${(record.images / (secondsPerStep ?? record.seconds.total)).toFixed(1)} img/s`,
      `${duration(left)} left`,
      bytes(process.memoryUsage().rss),
    ].join('  ');
  };

  return {
    name: 'progress',
    onStepEnd(run, record) {
      // The first step traces and compiles; it says nothing about the others.
      if (loss !== null || record.stepInEpoch > 1) secondsPerStep = smooth(secondsPerStep, record.seconds.total);
      loss = smooth(loss, record.loss);
      if (isDue() || record.step >= run.totalSteps) draw(line(record, run.epochs, run.stepsPerEpoch));
    },
    onValidationEnd(run, metrics) {
      end();
      const numbers = ['ap', 'ap50', 'ap75'].flatMap((name) =>
        metrics[name] === undefined ? [] : [`${name} ${metrics[name].toFixed(4)}`],
      );
      const best = run.best?.epoch === run.epoch ? '  best so far' : '';
      output.say(`epoch ${run.epoch + 1}/${run.epochs}  ${numbers.join('  ')}${best}`);
    },
    evaluating(done, total) {
      if (isDue()) draw(`evaluating ${done}/${total}`);
    },
    onFitEnd: end,
  };
};
