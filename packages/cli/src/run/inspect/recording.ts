import { mkdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { readHostTensors, writeSafetensors } from '@detrain/checkpoint';
import type { HostTensor, PixelSize } from '@detrain/core';
import { userError } from '../../errors.ts';

/** One output of a model, for all images. */
export interface RecordedOutput {
  /** cx cy w h in [0, 1] `[images, queries, 4]`. */
  readonly boxes: HostTensor;
  /** `[images, queries, classes]`; absent where only boxes were recorded. */
  readonly logits?: HostTensor;
}

/** What a model said of some images: what `--record` writes and `--predictions` and `--since` read. */
export interface Recording {
  readonly model: string;
  /** The data set's names of the images. */
  readonly ids: readonly string[];
  readonly classes: readonly string[];
  /** In pixels: what the images were resized to. */
  readonly inputSize: PixelSize;
  /** By the trainer's names: `layer.0`, …, `pre`, `encoder`. */
  readonly outputs: ReadonlyMap<string, RecordedOutput>;
}

/** Marks the files. */
const FORMAT = 'detrain-predictions';

/** Writes predictions as safetensors: `layer.0.boxes`, `layer.0.logits`, …, and what they are of as metadata. */
export const writeRecording = (file: string, { model, ids, classes, inputSize, outputs }: Recording): void => {
  const tensors = [...outputs].flatMap(([name, { boxes, logits }]): [string, HostTensor][] => [
    [`${name}.boxes`, boxes],
    ...(logits ? [[`${name}.logits`, logits] as [string, HostTensor]] : []),
  ]);
  mkdirSync(path.dirname(path.resolve(file)), { recursive: true });
  writeSafetensors(file, Object.fromEntries(tensors), {
    format: FORMAT,
    model,
    ids: JSON.stringify(ids),
    classes: JSON.stringify(classes),
    inputSize: JSON.stringify(inputSize),
  });
};

/** Reads recorded predictions. Throws a user error where the file is something else, or its tensors do not fit its images. */
export const readRecording = (file: string): Recording => {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile())
    throw userError(`${file} is no file. Write one: detrain inspect RUN --record ${file}`);
  const { tensors, metadata } = readHostTensors(file);
  const json = <T>(key: string): T => {
    try {
      return JSON.parse(metadata[key] as string) as T;
    } catch {
      throw userError(
        `${file} holds no predictions: its metadata lacks ${key}. Name a file that --record wrote; weights go without an option.`,
      );
    }
  };
  if (metadata['format'] !== FORMAT) json('');
  const [ids, classes] = [json<string[]>('ids'), json<string[]>('classes')];
  const outputs = new Map<string, RecordedOutput>();
  for (const [key, boxes] of Object.entries(tensors)) {
    if (!key.endsWith('.boxes')) continue;
    const name = key.slice(0, -'.boxes'.length);
    const logits = tensors[`${name}.logits`];
    const [images, queries] = boxes.shape;
    const wanted = [images, queries, classes.length].join(', ');
    if (images !== ids.length || boxes.shape.length !== 3 || boxes.shape[2] !== 4)
      throw userError(`${file}: ${key} is [${boxes.shape.join(', ')}]. Wanted [${ids.length} images, queries, 4].`);
    if (logits && logits.shape.join(', ') !== wanted)
      throw userError(`${file}: ${name}.logits is [${logits.shape.join(', ')}]. Wanted [${wanted}], as its boxes say.`);
    outputs.set(name, { boxes, ...(logits && { logits }) });
  }
  return { model: metadata['model'] ?? 'unknown', ids, classes, inputSize: json('inputSize'), outputs };
};

const layerOf = (name: string): number => Number(/^layer\.(\d+)$/.exec(name)?.[1] ?? -1);

/** The output that a name means, `last` being the last layer. Throws a user error with the outputs that there are. */
export const outputNamed = ({ outputs }: Recording, asked: string): string => {
  const names = [...outputs.keys()];
  const last = names.reduce((best, name) => (layerOf(name) > layerOf(best) ? name : best), '');
  const name = asked === 'last' ? last : asked;
  if (outputs.has(name)) return name;
  throw userError(`The predictions have no output ${asked}. There are ${names.join(', ')}: --output ${names[0]}`);
};

/** One image's part of an output. Throws a user error where the recording lacks the image. */
export const predictionsOf = ({ outputs, ids }: Recording, output: string, id: string) => {
  const image = ids.indexOf(id);
  if (image < 0) throw userError(`The predictions lack image ${id}. Record the same images and the same split.`);
  const row = ({ data, shape }: HostTensor): Float32Array => {
    const size = (shape[1] as number) * (shape[2] as number);
    return (data as Float32Array).subarray(image * size, (image + 1) * size);
  };
  const { boxes, logits } = outputs.get(output) as RecordedOutput;
  return { boxes: row(boxes), ...(logits && { logits: row(logits) }) };
};
