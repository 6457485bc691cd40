import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { isClassTensor, writeSafetensors } from '@detrain/checkpoint';
import { createRng, type HostTensor } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import { COCO_CLASSES } from '@detrain/data';
import { deploy, zoo } from '@detrain/models';
import { initialise } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { freshWeights } from '../src/run/model.ts';
import { describeReport, startFrom, tellReport, type WeightsReport } from '../src/run/start-weights.ts';
import { readSource, weightsClasses } from '../src/run/weights-source.ts';
import { useFolder } from './harness.ts';

const folder = useFolder();
const atto = (numClasses: number, options = {}) => zoo['deimv2-atto']({ numClasses, ...options });

/** Trained weights stand for: other numbers than a fresh model's of the same seed. */
const trained = (detector: Detector) => initialise(detector.parameters, createRng(99));

/** A file of these tensors, and of what else it says. */
const write = (tensors: ReadonlyMap<string, HostTensor>, metadata: Record<string, string> = {}) => {
  const file = path.join(folder(), 'weights.safetensors');
  writeSafetensors(file, Object.fromEntries(tensors), metadata);
  return file;
};

/** Starts a model of these classes from a file. */
const start = async (
  file: string,
  classes: readonly string[],
  {
    detector = atto(classes.length),
    partial = false,
    given,
  }: { detector?: Detector; partial?: boolean; given?: string[] } = {},
) => {
  const parameters = freshWeights(detector, 1);
  const report = startFrom(detector, parameters, await readSource(file, given), { classes, partial });
  return { parameters, report, fresh: freshWeights(detector, 1), detector };
};

const row = (tensors: ReadonlyMap<string, HostTensor>, name: string, index: number) => {
  const { shape, data } = tensors.get(name) as HostTensor;
  const width = data.length / (shape[0] ?? 1);
  return [...data.subarray(index * width, (index + 1) * width)];
};

/** What a user is warned of. */
const warnings = (report: WeightsReport): string[] => {
  const said: string[] = [];
  tellReport(report, { json: false, say: () => {}, warn: (text) => said.push(text), data: () => {} });
  return said;
};

const HEADS = [
  'decoder.enc_score_head.weight',
  'decoder.enc_score_head.bias',
  ...[0, 1, 2].flatMap((i) => [`decoder.dec_score_head.${i}.weight`, `decoder.dec_score_head.${i}.bias`]),
  'decoder.denoising_class_embed.weight',
];

describe('startFrom', () => {
  it('takes everything from a file of 80 unnamed classes, and its COCO rows for the classes of the same name', async () => {
    const weights = trained(atto(80));
    const { parameters, report, fresh } = await start(write(weights), ['robot', 'Traffic_Light', 'cat']);
    for (const [name, tensor] of parameters)
      if (!isClassTensor(name)) expect(tensor.data, name).toEqual(weights.get(name)?.data);
    for (const head of HEADS) {
      expect(row(parameters, head, 0), head).toEqual(row(fresh, head, 0));
      expect(row(parameters, head, 1), head).toEqual(row(weights, head, COCO_CLASSES.indexOf('traffic light')));
      expect(row(parameters, head, 2), head).toEqual(row(weights, head, COCO_CLASSES.indexOf('cat')));
    }
    expect(row(parameters, 'decoder.denoising_class_embed.weight', 3)).toEqual(Array(64).fill(0));
    expect(report.classes).toEqual([
      { name: 'robot', from: null },
      { name: 'Traffic_Light', from: 'traffic light' },
      { name: 'cat', from: 'cat' },
    ]);
    expect(report).toMatchObject({ classesKnownBy: 'count', fresh: [], ignored: [], mismatched: [], filled: [] });
    expect(describeReport(report)[1]).toBe(
      'heads   classes of the file known by their number; rows kept: Traffic_Light (traffic light), cat; new: robot',
    );
  });

  it('believes the names in the file, and what the user says before them', async () => {
    const weights = trained(atto(2));
    const file = write(weights, { classes: '["cat","dog"]' });
    const { parameters, report } = await start(file, ['dog', 'cat']);
    expect(row(parameters, HEADS[0] as string, 0)).toEqual(row(weights, HEADS[0] as string, 1));
    expect(report.classesKnownBy).toBe('file');
    expect(warnings(report)).toEqual([]);
    expect(warnings((await start(file, ['0', '1'])).report)).toEqual([expect.stringMatching(/no name agrees/)]);
    expect(warnings((await start(file, ['0', '1', '2'])).report)).toEqual([]);
    const told = await start(file, ['dog', 'cat'], { given: ['dog', 'cat'] });
    expect(row(told.parameters, HEADS[0] as string, 0)).toEqual(row(weights, HEADS[0] as string, 0));
    expect(told.report.classesKnownBy).toBe('option');
    await expect(readSource(file, ['cat'])).rejects.toThrow('tells 2 classes apart, and 1 are named');
    await expect(readSource(file, 'coco')).rejects.toThrow('tells 2 classes apart; coco has 80');
  });

  it('takes unnamed rows in their order where there are as many, and none otherwise', async () => {
    const weights = trained(atto(3));
    const same = await start(write(weights), ['a', 'b', 'c']);
    expect(same.parameters.get(HEADS[0] as string)?.data).toEqual(weights.get(HEADS[0] as string)?.data);
    expect(same.report.classesKnownBy).toBe('order');
    const other = await start(write(weights), ['a', 'b']);
    expect(other.parameters.get(HEADS[0] as string)?.data).toEqual(other.fresh.get(HEADS[0] as string)?.data);
    expect(other.report.classes.map(({ from }) => from)).toEqual([null, null]);
  });

  it('does not mind another input size or number of queries, nor stored anchors and counters', async () => {
    const weights = new Map(trained(atto(2)));
    weights.set('decoder.anchors', { shape: [1, 3, 4], dtype: 'float32', data: new Float32Array(12) });
    weights.set('decoder.valid_mask', { shape: [1, 3, 1], dtype: 'bool', data: new Uint8Array(3) });
    const detector = atto(2, { inputSize: [224, 160], numQueries: 17 });
    const { report } = await start(write(weights), ['a', 'b'], { detector });
    expect(report).toMatchObject({ fresh: [], ignored: [], mismatched: [] });
  });

  it('trains on from a deployed model: norms unfolded, earlier heads copied from the last layer', async () => {
    const detector = atto(80);
    const deployed = deploy(detector, trained(detector));
    const { parameters, report, fresh } = await start(write(deployed.parameters), ['cat', 'robot']);
    expect(report.unfolded).toBeGreaterThan(50);
    expect(report.fresh).toEqual(['decoder.denoising_class_embed.weight']);
    expect(report.filled).toContain('decoder.dec_score_head.0.weight');
    const last = 'decoder.dec_score_head.2.weight';
    expect(parameters.get('decoder.dec_score_head.0.weight')?.data).toEqual(parameters.get(last)?.data);
    expect(row(parameters, last, 0)).toEqual(row(deployed.parameters, last, COCO_CLASSES.indexOf('cat')));
    expect(row(parameters, last, 1)).toEqual(row(fresh, last, 1));
    const again = deploy(detector, (await start(write(deployed.parameters), COCO_CLASSES, { detector })).parameters);
    for (const [name, { data }] of deployed.parameters)
      expect(again.parameters.get(name)?.data as Float32Array, name).toBeAllclose(data as Float32Array, {
        rtol: 1e-6,
        atol: 1e-7,
      });
  });

  it('refuses a file that fits in part, and says whose it is', async () => {
    const femto = write(trained(zoo['deimv2-femto']()));
    await expect(start(femto, ['a'])).rejects.toThrow(
      /weights\.safetensors fits deimv2-atto only in part: with another shape of .* It looks like deimv2-femto: use --model deimv2-femto, or take what fits with --partial\.$/,
    );
    const nano = write(trained(zoo['deim-dfine-n']()));
    await expect(start(nano, ['a'])).rejects.toThrow(/It looks like deim-dfine-n or dfine-n: use --model deim-dfine-n/);
    const { report, parameters, fresh } = await start(femto, ['a'], { partial: true });
    expect(report.mismatched).toContain('encoder.input_proj.0.conv.weight');
    expect(report.loaded).toBeGreaterThan(50);
    const other = report.mismatched.find((name) => name.startsWith('encoder.')) as string;
    expect(parameters.get(other)?.data).toEqual(fresh.get(other)?.data);
  });

  it('takes a bare backbone when told that a part is enough, and never what has nothing in common', async () => {
    const weights = trained(atto(80));
    const backbone = new Map(
      [...weights].flatMap(([name, tensor]) =>
        name.startsWith('backbone.') ? [[name.slice('backbone.'.length), tensor] as const] : [],
      ),
    );
    const file = write(backbone);
    await expect(start(file, ['a'])).rejects.toThrow(
      /holds the backbone of deimv2-atto alone\. Take it with --partial/,
    );
    const { parameters, report } = await start(file, ['a'], { partial: true });
    expect(report.loaded).toBe(backbone.size);
    expect(parameters.get('backbone.stem.stem1.conv.weight')?.data).toEqual(
      backbone.get('stem.stem1.conv.weight')?.data,
    );
    const strange = write(new Map([['x', { shape: [1], dtype: 'float32', data: Float32Array.of(1) }]]));
    await expect(start(strange, ['a'], { partial: true })).rejects.toThrow(
      /only in part: .*with x too many\. Use its own model/,
    );
  });
});

describe('weightsClasses', () => {
  it('reads a list of names, and says what is wrong with another file', () => {
    const file = path.join(folder(), 'names.json');
    writeFileSync(file, '["cat", null, "dog"]');
    expect(weightsClasses(file)).toEqual(['cat', null, 'dog']);
    expect(weightsClasses('objects365')).toBe('objects365');
    writeFileSync(file, '{"0": "cat"}');
    expect(() => weightsClasses(file)).toThrow(/is no list of names\. Write one name a row/);
    expect(() => weightsClasses('cocoa')).toThrow(/--weights-classes cocoa cannot be read/);
  });
});
