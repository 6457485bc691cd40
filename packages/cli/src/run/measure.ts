import { createEngine } from '@detrain/engine';
import { numberOption } from '../command.ts';
import { EXIT } from '../errors.ts';
import { table } from '../terminal/format.ts';
import { createOutput } from '../terminal/output.ts';
import { openAsked } from './asked-data.ts';
import { detectorRunner } from './detect.ts';
import { evaluate } from './evaluate.ts';
import { queryOf, readWeights } from './weights-file.ts';
import { weightsFile } from './weights-source.ts';

/** Options of `detrain val`, as the command line has them. */
export interface MeasureOptions {
  readonly weights: string;
  readonly data?: string | undefined;
  readonly split?: string | undefined;
  readonly batch?: string | undefined;
  readonly config?: string | undefined;
  readonly model?: string | undefined;
  readonly 'weights-classes'?: string | undefined;
  readonly size?: string | undefined;
  readonly engine?: string | undefined;
  readonly threads?: string | undefined;
  readonly 'on-problem'?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Rows of the twelve numbers, as COCO words them. */
const TWELVE = [
  ['ap', 'AP  0.50:0.95  all'],
  ['ap50', 'AP  0.50       all'],
  ['ap75', 'AP  0.75       all'],
  ['apSmall', 'AP  0.50:0.95  small'],
  ['apMedium', 'AP  0.50:0.95  medium'],
  ['apLarge', 'AP  0.50:0.95  large'],
  ['ar1', 'AR  0.50:0.95  1 detection'],
  ['ar10', 'AR  0.50:0.95  10 detections'],
  ['ar100', 'AR  0.50:0.95  100 detections'],
  ['arSmall', 'AR  0.50:0.95  small'],
  ['arMedium', 'AR  0.50:0.95  medium'],
  ['arLarge', 'AR  0.50:0.95  large'],
] as const;

const shown = (value: number) => (value < 0 ? '-' : value.toFixed(4));

/** Measures weights on a data set and prints what was found. Gives the exit code. */
export const measure = async (parsed: MeasureOptions): Promise<number> => {
  const output = createOutput({ json: parsed.json });
  // Looked for first: data that is missing, too, is the smaller mistake.
  weightsFile(parsed.weights);
  const dataset = await openAsked({ ...parsed, command: 'val WEIGHTS' });
  const used = await readWeights(parsed.weights, { ...queryOf(parsed), wanted: dataset.classes });
  const threads = numberOption(parsed.threads, 'threads', { integer: true, min: 1 });
  const batchSize = numberOption(parsed.batch, 'batch', { integer: true, min: 1 }) ?? 8;
  const engine = await createEngine({ engine: (parsed.engine ?? 'auto') as 'auto', ...(threads ? { threads } : {}) });
  try {
    const runner = detectorRunner(engine, used.detector, {
      batchSize,
      suppression: used.suppression,
      fixed: used.parameters,
    });
    const { metrics, coco, images, seconds } = await evaluate({
      runner,
      parameters: used.parameters,
      dataset,
      batchSize,
      inputSize: used.inputSize,
    });
    output.data({
      weights: used.file,
      data: dataset.path,
      split: dataset.split,
      images,
      seconds,
      metrics,
      perClass: coco.perClass,
    });
    if (output.json) return EXIT.ok;
    output.say(
      `${used.file} on ${dataset.path}, ${dataset.split}: ${images} images in ${seconds.toFixed(1)} s (${(images / seconds).toFixed(1)} img/s)\n`,
    );
    output.say(TWELVE.map(([name, words]) => `${words.padEnd(31)} ${shown(metrics[name] ?? -1)}`).join('\n'));
    const rows = coco.perClass.map((c) => [
      c.name,
      ...[c.ap, c.ap50, c.ap75, c.apSmall, c.apMedium, c.apLarge].map(shown),
    ]);
    output.say(`\n${table(['class', 'AP', 'AP50', 'AP75', 'small', 'medium', 'large'], rows)}`);
    return EXIT.ok;
  } finally {
    await engine.dispose();
  }
};
