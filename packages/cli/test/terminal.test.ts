import { Writable } from 'node:stream';
import type { Run, StepRecord } from '@detrain/trainer';
import { describe, expect, it } from 'vitest';
import { bytes, duration, figure, table } from '../src/terminal/format.ts';
import { byLoss, progress } from '../src/terminal/progress.ts';

describe('format', () => {
  it('says times, sizes and figures briefly', () => {
    expect([0, 59.6, 245, 11520, Number.NaN].map(duration)).toEqual([
      '0 s',
      '1 min 00 s',
      '4 min 05 s',
      '3 h 12 min',
      '?',
    ]);
    expect([900, 512e6, 1.44e9].map(bytes)).toEqual(['1 kB', '512 MB', '1.4 GB']);
    expect([0.12345, 12.345, 123.45, Number.NaN].map(figure)).toEqual(['0.123', '12.35', '123.5', 'NaN']);
  });

  it('aligns numbers right and words left', () => {
    expect(
      table(
        ['class', 'AP'],
        [
          ['red', '0.5'],
          ['turquoise', '0.1234'],
        ],
      ),
    ).toBe('class          AP\n---------  ------\nred           0.5\nturquoise  0.1234');
  });
});

const record = (step: number, seconds: number): StepRecord => ({
  step,
  epoch: 0,
  stepInEpoch: step,
  loss: 10,
  terms: { loss_mal: 1, loss_mal_aux_0: 2, loss_bbox_dn_1: 3 },
  gradientNorm: 1,
  learningRate: 1e-3,
  images: 4,
  targets: 9,
  size: [320, 320],
  seconds: { data: 0, forward: 0, assign: 0, backward: 0, update: 0, total: seconds },
});

describe('progress', () => {
  it('sums terms over outputs', () => {
    expect(byLoss(record(1, 1).terms)).toEqual({ mal: 3, bbox: 3 });
  });

  it('writes a line every so often where there is no terminal, and leaves the first, compiling step out of the speed', () => {
    let text = '';
    const stream = new Writable({
      write(chunk, _, done) {
        text += chunk;
        done();
      },
    }) as unknown as NodeJS.WriteStream;
    const say = (line: string) => {
      text += `${line}\n`;
    };
    const output = { json: false, say, warn: () => {}, data: () => {} };
    const shown = progress({ output, stream, everySeconds: 3600 });
    const run = { epochs: 2, stepsPerEpoch: 3, totalSteps: 6, epoch: 0, best: { epoch: 0 } } as Run;
    shown.onStepEnd?.(run, record(1, 30));
    shown.onStepEnd?.(run, record(2, 0.5));
    expect(text).toMatch(
      /^epoch 1\/2 {2}step 1\/3 {2}loss 10\.00 \(mal 3\.000, bbox 3\.000\) {2}0\.1 img\/s {2}\? left {2}\d.*\n$/,
    );
    shown.onStepEnd?.(run, record(6, 0.5));
    expect(text.split('\n')[1]).toMatch(/8\.0 img\/s {2}0 s left/);
    shown.onValidationEnd?.(run, { ap: 0.25, ap50: 0.5 });
    expect(text).toMatch(/epoch 1\/2 {2}ap 0\.2500 {2}ap50 0\.5000 {2}best so far\n$/);
  });
});
