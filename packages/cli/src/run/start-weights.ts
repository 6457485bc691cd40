import { copyClassRows, isClassTensor, loadWeights } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { matchClasses } from '@detrain/data';
import { copyLastHeads, unfoldWeights } from '@detrain/models';
import { userError } from '../errors.ts';
import type { Output } from '../terminal/output.ts';
import { likelyModels } from './likely-models.ts';
import type { WeightsSource } from './weights-source.ts';

/** What became of a file of weights; kept in the run's manifest. */
export interface WeightsReport {
  readonly file: string;
  /** Tensors taken as they are. */
  readonly loaded: number;
  /** Score heads and class embeddings that rows were copied to. */
  readonly rebuilt: readonly string[];
  /** Classes that the file tells apart; null where it has no score heads. */
  readonly rows: number | null;
  /** Each class of the model, and the file's class whose rows it got; null: fresh rows. None where the file has no score heads. */
  readonly classes: readonly { readonly name: string; readonly from: string | null }[];
  readonly classesKnownBy: WeightsSource['classesKnownBy'] | 'order';
  /** Batch norms that were folded away in the file and are there again, doing nothing yet. */
  readonly unfolded: number;
  /** Tensors of heads that only training has, taken from the last layer's. */
  readonly filled: readonly string[];
  /** Tensors of the model that stay fresh. */
  readonly fresh: readonly string[];
  /** Tensors of the file that the model does not know. */
  readonly ignored: readonly string[];
  /** Tensors of another shape; they stay fresh. */
  readonly mismatched: readonly string[];
}

const sample = (names: readonly string[]) =>
  `${names.slice(0, 3).join(', ')}${names.length > 3 ? `, … (${names.length})` : ''}`;

/** Per class of the model the file's row, -1 for none: by name, or by order where nothing names the rows and there are as many. */
const rowsFor = ({ classes: named, rows }: WeightsSource, classes: readonly string[]) => {
  if (named) return { from: matchClasses(named, classes), byOrder: false };
  const byOrder = rows === classes.length;
  return { from: classes.map((_, i) => (byOrder ? i : -1)), byOrder };
};

/** Only denoising reads it, so files for inference leave it out, and a fresh one is soon learnt. */
const isTrainingOnly = (name: string) => name.endsWith('.denoising_class_embed.weight');

const halfMatch = (detector: Detector, source: WeightsSource, report: WeightsReport, prefix: string): Error => {
  const { mismatched, ignored } = report;
  const fresh = report.fresh.filter((name) => !isTrainingOnly(name));
  const wrong = [
    fresh.length > 0 && `without ${sample(fresh)}`,
    mismatched.length > 0 && `with another shape of ${sample(mismatched)}`,
    ignored.length > 0 && `with ${sample(ignored)} too many`,
  ].filter(Boolean);
  const likely = likelyModels(source.tensors).filter((name) => name !== detector.name);
  if (prefix && mismatched.length + ignored.length === 0)
    return userError(
      `${source.file} holds the ${prefix.replace('.', '')} of ${detector.name} alone. Take it with --partial; the rest begins fresh.`,
    );
  const advice =
    likely.length > 0 ? `It looks like ${likely.join(' or ')}: use --model ${likely[0]}` : 'Use its own model';
  return userError(
    `${source.file} fits ${detector.name} only in part: ${wrong.join('; ')}. ${advice}, or take what fits with --partial.`,
  );
};

/**
 * Puts a file's tensors into fresh weights. Class heads are rebuilt for the model's classes: rows of classes with the same name are
 * copied, the others stay fresh.
 *
 * @throws a user error where the file fits only in part, unless `partial`, and where it fits nowhere
 */
export const startFrom = (
  detector: Detector,
  parameters: ReadonlyMap<string, HostTensor>,
  source: WeightsSource,
  { classes, partial = false }: { readonly classes: readonly string[]; readonly partial?: boolean | undefined },
): WeightsReport => {
  const { tensors, norms } = unfoldWeights(detector.parameters, source.tensors);
  const body = new Map([...tensors].filter(([name]) => !isClassTensor(name)));
  const found = loadWeights(
    detector.parameters.filter(({ name }) => !isClassTensor(name)),
    body,
    { partial: true },
  );
  for (const [name, tensor] of found.parameters) parameters.get(name)?.data.set(tensor.data);
  const { from, byOrder } = rowsFor(source, classes);
  const heads = copyClassRows(parameters, source.tensors, from);
  const lacking = [...parameters.keys()].filter((name) => isClassTensor(name) && !source.tensors.has(name));
  const missing = [...found.missing, ...lacking];
  const filled = copyLastHeads(parameters, missing);
  const names = source.classes ?? classes;
  const report: WeightsReport = {
    file: source.file,
    loaded: [...body.keys()].filter((name) => found.parameters.has(found.prefix + name)).length,
    rebuilt: heads.copied,
    rows: source.rows,
    classes: source.rows === null ? [] : classes.map((name, i) => ({ name, from: names[from[i] as number] ?? null })),
    classesKnownBy: byOrder ? 'order' : source.classesKnownBy,
    unfolded: norms.length,
    filled,
    fresh: missing.filter((name) => !filled.includes(name)),
    ignored: found.unexpected,
    mismatched: [...found.mismatched.map(({ name }) => name), ...heads.mismatched],
  };
  const whole =
    report.mismatched.length === 0 && report.ignored.length === 0 && report.fresh.every((name) => isTrainingOnly(name));
  if (!whole && (!partial || report.loaded === 0)) throw halfMatch(detector, source, report, found.prefix);
  return report;
};

/** Whether the classes are as many as the file's and none goes by the same name: most often the same classes, called otherwise. */
const namesDiffer = ({ rows, classes }: WeightsReport): boolean =>
  rows === classes.length && classes.every(({ from }) => from === null);

/** A report in words. */
export const describeReport = (report: WeightsReport): string[] => {
  const { file, loaded, rebuilt, classes, classesKnownBy, unfolded, filled, fresh, ignored, mismatched } = report;
  const parts = [
    `${loaded} tensors of ${file}`,
    rebuilt.length > 0 && `${rebuilt.length} class tensors rebuilt`,
    unfolded > 0 && `${unfolded} batch norms unfolded`,
    filled.length > 0 && `${filled.length} filled from the last layer's`,
    fresh.length > 0 && `fresh: ${sample(fresh)}`,
    mismatched.length > 0 && `of another shape, so fresh: ${sample(mismatched)}`,
    ignored.length > 0 && `not used: ${sample(ignored)}`,
  ].filter(Boolean);
  const kept = classes.flatMap(({ name, from }) => (from === null ? [] : [name === from ? name : `${name} (${from})`]));
  const added = classes.flatMap(({ name, from }) => (from === null ? [name] : []));
  const known = {
    file: 'named by the file',
    option: 'named by you',
    count: 'known by their number',
    order: 'not named: taken in their order',
  };
  const told = classesKnownBy === null ? 'classes of the file unknown' : `classes of the file ${known[classesKnownBy]}`;
  const rows = [kept.length > 0 && `rows kept: ${sample(kept)}`, added.length > 0 && `new: ${sample(added)}`].filter(
    Boolean,
  );
  return [`weights ${parts.join('; ')}`, ...(rebuilt.length > 0 ? [`heads   ${told}; ${rows.join('; ')}`] : [])];
};

/** Tells the user what became of the weights. */
export const tellReport = (report: WeightsReport, output: Output): void => {
  for (const line of describeReport(report)) output.say(line);
  if (namesDiffer(report))
    output.warn(
      'The file tells as many classes apart as the data has, and no name agrees, so no row is kept. If they are the same, name them in its order: --weights-classes FILE',
    );
};
