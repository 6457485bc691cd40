import path from 'node:path';
import type { Detections, PixelSize, Sample } from '@detrain/core';
import type { DetectionDataset } from '@detrain/data';
import { duplicateRate } from '@detrain/metrics';
import { postprocess } from '@detrain/models';
import { numberOption } from '../../command.ts';
import { EXIT, userError } from '../../errors.ts';
import { table } from '../../terminal/format.ts';
import { createOutput, type Output } from '../../terminal/output.ts';
import { openAsked } from '../asked-data.ts';
import { weightsFile } from '../weights-source.ts';
import { chosenImages, imageOf, inspectAll } from './look.ts';
import { type ModelOptions, type ModelRun, runModel } from './model-run.ts';
import { writePages } from './pages.ts';
import { outputNamed, predictionsOf, type Recording, readRecording, writeRecording } from './recording.ts';
import { defaultStrategies, strategiesOf } from './strategies.ts';
import { SUMMARY_COLUMNS, summarize, summaryRows } from './summary.ts';

/** Options of `detrain inspect`, as the command line has them. */
export interface InspectOptions extends ModelOptions {
  readonly weights?: string | undefined;
  readonly data?: string | undefined;
  readonly split?: string | undefined;
  readonly images?: string | undefined;
  readonly strategy: readonly string[];
  readonly strategies?: string | undefined;
  readonly output?: string | undefined;
  readonly predictions?: string | undefined;
  readonly record?: string | undefined;
  readonly since?: string | undefined;
  readonly out?: string | undefined;
  readonly 'on-problem'?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Images where nothing else is asked for. */
const USUAL_IMAGES = 8;
/** Side of the input in pixels where no model says it: what most detectors are trained at. */
const USUAL_SIDE = 640;

/** Reads predictions of a data set. Throws a user error where they are of other classes: their scores would mean something else. */
const recordingFor = (file: string, { classes }: DetectionDataset): Recording => {
  const recording = readRecording(file);
  if (recording.classes.join('\n') === classes.join('\n')) return recording;
  throw userError(
    `${file} is of ${recording.classes.join(', ')}; the data has ${classes.join(', ')}. Use the data it was recorded on.`,
  );
};

const squareOf = (size: string | undefined): PixelSize => {
  const side = numberOption(size, 'size', { integer: true, min: 32 }) ?? USUAL_SIDE;
  return [side, side];
};

/** Throws a user error for options that need others, or exclude each other. */
const requireSense = ({ weights, predictions, record, since, data }: InspectOptions): void => {
  if (weights !== undefined && predictions !== undefined)
    throw userError('--predictions are used instead of a model: leave one of the two out.');
  if (record !== undefined && weights === undefined)
    throw userError('--record writes what a model predicts. Name one: detrain inspect RUN --record FILE');
  if (since !== undefined && weights === undefined && predictions === undefined)
    throw userError('--since compares with earlier predictions. Name a run, --weights or --predictions, too.');
  if (weights === undefined && data === undefined)
    throw userError('No data. Say where it is: detrain inspect --data DIR, or detrain inspect RUN');
};

/** Share of the model's detections that an NMS would remove; null without scores. */
const duplicatesOf = (recording: Recording, output: string, samples: readonly Sample[]): number | null => {
  const numClasses = recording.classes.length;
  const found = samples.flatMap(({ id, originalSize: [width, height] }): Detections[] => {
    const { boxes, logits } = predictionsOf(recording, output, id);
    return logits ? [postprocess(logits, boxes, { numClasses, width, height })] : [];
  });
  return found.length < samples.length ? null : duplicateRate(found);
};

/** What was predicted: by a model, in a file, or nothing. */
const predictionsFor = async (parsed: InspectOptions, dataset: DetectionDataset, output: Output) => {
  const count = numberOption(parsed.images, 'images', { integer: true, min: 1 });
  const { weights, predictions } = parsed;
  const model: ModelRun | null =
    weights === undefined ? null : await runModel(weights, dataset, count ?? USUAL_IMAGES, parsed, output);
  const recording = model?.recording ?? (predictions === undefined ? null : recordingFor(predictions, dataset));
  const images = chosenImages(dataset, recording, count ?? recording?.ids.length ?? USUAL_IMAGES);
  return { model, recording, images };
};

/** Compares strategies on images of a data set: pictures, a page, `summary.json` and a table. Gives the exit code. */
export const inspect = async (parsed: InspectOptions): Promise<number> => {
  const output = createOutput({ json: parsed.json });
  requireSense(parsed);
  if (parsed.weights !== undefined) weightsFile(parsed.weights);
  const dataset = await openAsked({ ...parsed, command: 'inspect' });
  const since = parsed.since === undefined ? null : recordingFor(parsed.since, dataset);
  const { model, recording, images } = await predictionsFor(parsed, dataset, output);
  const inputSize = recording?.inputSize ?? squareOf(parsed.size);
  const asked = parsed.strategy.length + (parsed.strategies === undefined ? 0 : 1);
  const texts = asked > 0 ? parsed.strategy : defaultStrategies(model !== null, recording !== null);
  const strategies = await strategiesOf(texts, parsed.strategies, {
    inputSize,
    classes: dataset.classes,
    predictions: recording !== null,
    recipe: model?.assigner ?? null,
  });
  const chosen = recording ? outputNamed(recording, parsed.output ?? 'last') : 'anchors';
  const scene = { strategies, recording, since, output: chosen, inputSize, epoch: model?.epochs ?? 0 };
  const inspected = await inspectAll(dataset, images, scene);
  const summaries = strategies.map((strategy, k) =>
    summarize(
      strategy,
      inspected.map((image) => imageOf(image, k)),
    ),
  );
  const samples = inspected.map(({ sample }) => sample);
  const duplicates = recording && duplicatesOf(recording, chosen, samples);
  const out = parsed.out ?? 'inspect';
  const facts = {
    data: `${dataset.path}, ${dataset.split}`,
    ...(recording && { model: recording.model, output: chosen }),
    'input size': inputSize.join(' x '),
    ...(duplicates !== null && { 'duplicate rate': duplicates }),
    ...(parsed.since !== undefined && { since: parsed.since }),
  };
  const summary = await writePages({ out, strategies, inspected, summaries, classes: dataset.classes, facts });
  if (parsed.record !== undefined && model) writeRecording(parsed.record, model.recording);
  output.data(summary);
  if (output.json) return EXIT.ok;
  output.say(table(SUMMARY_COLUMNS, summaryRows(summaries)));
  if (duplicates !== null)
    output.say(`\n${(100 * duplicates).toFixed(1)}% of the detections are duplicates (IoU 0.7, score 0.3 or more)`);
  output.say(`\n${path.join(out, 'index.html')} and ${inspected.length} pictures`);
  if (parsed.record !== undefined) output.say(parsed.record);
  return EXIT.ok;
};
