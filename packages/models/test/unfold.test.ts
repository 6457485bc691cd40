import { createRng, type HostTensor } from '@detrain/core';
import { initialise, isInput } from '@detrain/nn';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage, goldenWeights } from '../../golden/src/generate.ts';
import { deploy, trainableWeights, type ZooName, zoo } from '../src/index.ts';
import { runDetector } from './helpers.ts';

/** Names whose tensor differs from the one that another name has in other weights. */
const differing = (
  names: readonly string[],
  a: ReadonlyMap<string, HostTensor>,
  b: ReadonlyMap<string, HostTensor>,
  nameInB: (name: string) => string = (name) => name,
) =>
  names.filter((name) => {
    const [one, other] = [a.get(name)!.data, b.get(nameInB(name))!.data];
    return one.length !== other.length || one.some((value, i) => value !== other[i]);
  });

describe('a deployed model made trainable again', () => {
  it.each(['deimv2-atto', 'deim-dfine-n'] as const satisfies ZooName[])('%s', async (name) => {
    const detector = zoo[name]({ numClasses: 3, numQueries: 10, inputSize: 64 });
    const names = detector.parameters.filter(isInput).map((spec) => spec.name);
    const fresh = initialise(detector.parameters, createRng(1));
    const light = deploy(detector, goldenWeights(detector.parameters));
    const { parameters, kept, unfolded, copied, invented } = trainableWeights(detector, light.parameters, fresh);

    // Every tensor of the training model, each told once.
    expect([...parameters.keys()]).toEqual(names);
    expect([...kept, ...unfolded, ...copied, ...invented].sort()).toEqual([...names].sort());
    expect(invented).toEqual(['decoder.denoising_class_embed.weight']);
    expect(copied.filter((tensor) => tensor.includes('dec_score_head'))).toEqual(
      [0, 1].flatMap((layer) => ['weight', 'bias'].map((part) => `decoder.dec_score_head.${layer}.${part}`)),
    );
    expect(differing(copied, parameters, light.parameters, (copy) => copy.replace(/\.\d\./, '.2.'))).toEqual([]);
    expect(differing(kept, parameters, light.parameters)).toEqual([]);
    expect(parameters.get('backbone.stem.stem1.bn.running_mean')?.data).toEqual(new Float32Array(16));

    // The same function, and folded again the same numbers, up to the rounding of the variance.
    const images = goldenImage('image', [1, 3, 64, 64]);
    const deployed = await runDetector(light.detector, { ...Object.fromEntries(light.parameters), images });
    const again = await runDetector(detector, { ...Object.fromEntries(parameters), images });
    for (const part of ['logits', 'boxes'])
      expect(again[`main.layer.0.${part}`]?.data).toBeAllclose(deployed[`main.layer.0.${part}`]!.data, { atol: 1e-4 });
    for (const [tensor, { data }] of deploy(detector, parameters).parameters)
      expect(data).toBeAllclose(light.parameters.get(tensor)!.data, { atol: 1e-7, rtol: 1e-6 });
  });

  it('says which tensor nothing tells', () => {
    const detector = zoo['deimv2-atto']({ numClasses: 3, numQueries: 10, inputSize: 64 });
    const light = deploy(detector, goldenWeights(detector.parameters));
    expect(() => trainableWeights(detector, light.parameters, new Map())).toThrow(
      /no tensor decoder\.decoder\.lqe_layers\.0.*deimv2-atto wants one/,
    );
  });
});
