import { z } from 'zod';
import { callable, number, oneOf, text } from './fields.ts';

const side = () =>
  number({ integer: true, min: 32, example: '320' }).multipleOf(32, { error: 'a multiple of 32 pixels, such as 320' });
const span = (example: string) => number({ min: 0, example });
const rate = (example: string) => number({ min: 0, example });

const pattern = () =>
  z.custom<RegExp>((value) => value instanceof RegExp, { error: 'a regular expression, such as /^backbone\\./' });

const group = z.strictObject(
  {
    match: pattern(),
    learningRate: rate('0.0004').optional(),
    weightDecay: rate('0').optional(),
  },
  { error: 'an object, such as { match: /^backbone\\./, learningRate: 0.0004 }' },
);

const beta = () => number({ min: 0, below: 1, example: '0.9' });

const optimizer = z.strictObject(
  {
    learningRate: rate('0.0008').optional(),
    backboneLearningRate: rate('0.0004').optional(),
    weightDecay: rate('0.0001').optional(),
    betas: z.tuple([beta(), beta()], { error: 'two numbers, such as [0.9, 0.999]' }).optional(),
    epsilon: number({ above: 0, example: '1e-8' }).optional(),
    clip: z
      .union([z.literal(false), number({ above: 0, example: '0.1' })], {
        error: 'a number above 0, such as 0.1, or false',
      })
      .optional(),
    groups: z.array(group, { error: 'a list of { match, learningRate?, weightDecay? }' }).optional(),
    layerDecay: number({ above: 0, max: 1, example: '0.8' }).optional(),
  },
  { error: 'an object, such as { learningRate: 0.0008 }' },
);

const schedule = z.strictObject(
  {
    kind: oneOf(['flat-cosine', 'constant', 'linear-warmup']).optional(),
    warmup: span('0.05 (a share of the run) or 2000 (steps)').optional(),
    flat: span('0.5 (a share of the run) or 8000 (steps)').optional(),
    tail: span('0.1 (a share of the run) or 1000 (steps)').optional(),
    floor: number({ min: 0, max: 1, example: '0.5' }).optional(),
  },
  { error: 'an object, such as { warmup: 0.05 }' },
);

const ema = z.strictObject(
  {
    decay: number({ min: 0, below: 1, example: '0.9999' }).optional(),
    warmup: number({ min: 0, example: '1000' }).optional(),
  },
  { error: 'an object, such as { decay: 0.9999 }, or false' },
);

const data = z.strictObject(
  {
    path: text("'data/bccd'").optional(),
    format: oneOf(['coco', 'voc', 'yolo']).optional(),
    train: text("'train'").optional(),
    val: text("'val'").optional(),
  },
  { error: "an object, such as { path: 'data/bccd' }" },
);

const weights = z.strictObject(
  {
    file: text("'weights.safetensors'"),
    classes: z
      .union([z.literal('coco'), z.literal('objects365'), z.array(z.string().nullable())], {
        error: "'coco', 'objects365' or a list of names, one a row",
      })
      .optional(),
    partial: z.boolean({ error: 'true or false' }).optional(),
  },
  { error: "an object, such as { file: 'weights.pth', classes: 'coco' }" },
);

const zooModel = z.strictObject(
  { name: text("'deimv2-atto'"), numQueries: number({ integer: true, min: 1, example: '100' }).optional() },
  { error: "an object, such as { name: 'deimv2-atto', numQueries: 60 }" },
);

const described = (value: unknown) =>
  typeof value === 'object' && value !== null && 'assigner' in value && 'losses' in value;

/** The shape of a config. Unknown names are problems, and so is everything that is wrong, at once. */
export const configSchema = z.strictObject(
  {
    name: text("'blood-cells'").optional(),
    model: z
      .union([text("'deimv2-atto'"), zooModel, callable('a factory')], {
        error: "a name of the zoo, such as 'deimv2-atto', { name, numQueries }, or a function that gives a detector",
      })
      .optional(),
    data: data.optional(),
    recipe: z
      .custom((value) => typeof value === 'function' || described(value), {
        error: 'a recipe, such as compose(deim(), denseO2O()), or a function that gives one',
      })
      .optional(),
    epochs: number({ integer: true, min: 1, example: '60' }).optional(),
    batchSize: number({ integer: true, min: 1, example: '8' }).optional(),
    inputSize: z
      .union([side(), z.tuple([side(), side()])], {
        error: 'a multiple of 32 pixels, such as 320, or two of them, such as [640, 480]',
      })
      .optional(),
    multiScale: z
      .union([z.literal(false), number({ integer: true, min: 0, example: '20' })], {
        error: 'a whole number from 0, such as 20, or false',
      })
      .optional(),
    optimizer: optimizer.optional(),
    schedule: schedule.optional(),
    ema: z.union([z.literal(false), ema]).optional(),
    emaRestart: oneOf(['off', 'official-noop', 'intended']).optional(),
    emaRestartAt: number({ above: 0, max: 1, example: '0.9' }).optional(),
    emaRestartDecay: number({ min: 0, below: 1, example: '0.9999' }).optional(),
    seed: number({ integer: true, min: 0, max: 2 ** 32 - 1, example: '0' }).optional(),
    engine: oneOf(['auto', 'compiled', 'cpu', 'tfjs-node', 'tfjs-node-gpu']).optional(),
    threads: number({ integer: true, min: 1, example: '2' }).optional(),
    loaderThreads: number({ integer: true, min: 0, example: '1' }).optional(),
    workers: number({ integer: true, min: 1, example: '2' }).optional(),
    evaluateEvery: number({ integer: true, min: 1, example: '1' }).optional(),
    keepEvery: number({ integer: true, min: 0, example: '10' }).optional(),
    logEvery: number({ integer: true, min: 1, example: '1' }).optional(),
    onProblem: oneOf(['refuse', 'repair']).optional(),
    onNonFinite: oneOf(['stop', 'skip']).optional(),
    weights: z
      .union([text("'weights.safetensors'"), weights], {
        error: "a file, such as 'weights.safetensors', or { file, classes?, partial? }",
      })
      .optional(),
    freeze: z
      .array(z.union([text("'backbone'"), pattern()], { error: "'norms', a part such as 'backbone', or a pattern" }), {
        error: "a list, such as ['backbone', 'norms']",
      })
      .optional(),
    batchNorm: oneOf(['batch', 'running']).optional(),
    out: text("'runs'").optional(),
    callbacks: z.unknown().optional(),
  },
  { error: "an object: export default defineConfig({ model: 'deimv2-atto' })" },
);
