import type { ParameterSpec } from '@detrain/core/tensors';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage, goldenTargets, goldenWeight, goldenWeights, toNchw, toNhwc, uniforms } from '../src/generate.ts';

describe('the generator of the reference data', () => {
  it('gives the check values of its README', () => {
    expect([...uniforms('image', 3)]).toEqual([0.9091398473829031, 0.03323021647520363, 0.1454489582683891]);
    const first = (key: string, shape: number[]) => goldenWeight(key, shape).subarray(0, 3);
    expect(first('backbone.stem.stem1.conv.weight', [16, 3, 3, 3])).toBeAllclose([
      -0.16650906205177307, -0.27977386116981506, 0.3051058053970337,
    ]);
    expect(first('decoder.enc_score_head.weight', [80, 128])).toBeAllclose([
      -0.03720264509320259, -0.11832930147647858, -0.008414001204073429,
    ]);
    expect(first('decoder.enc_score_head.bias', [80])).toBeAllclose([
      -3.432778835296631, -2.5216915607452393, -3.0128419399261475,
    ]);
    expect(first('backbone.stem.stem1.bn.running_var', [16])).toBeAllclose([1.1425731, 1.1568602, 1.0084548]);
  });

  it('lets the last of several names decide, and keeps real values', () => {
    const spec = (name: string, extra: Partial<ParameterSpec> = {}): ParameterSpec => ({
      name,
      shape: [1],
      kind: 'trainable',
      init: () => Float32Array.of(4),
      ...extra,
    });
    const specs = [
      spec('head.0.bias'),
      spec('head.1.bias', { sharedWith: 'head.0.bias' }),
      spec('decoder.reg_scale', { kind: 'frozen' }),
      spec('bn.num_batches_tracked', { kind: 'counter' }),
    ];
    const weights = goldenWeights(specs, 'salt');
    expect([...weights.keys()]).toEqual(['head.0.bias', 'decoder.reg_scale']);
    expect(weights.get('head.0.bias')?.data).toEqual(goldenWeight('head.1.bias', [1], 'salt'));
    expect(weights.get('decoder.reg_scale')?.data[0]).toBe(4);
  });

  it('turns layouts there and back', () => {
    const image = goldenImage('image', [2, 3, 4, 5]);
    expect(image.shape).toEqual([2, 4, 5, 3]);
    expect(image.data[1]).toBe(Math.fround(uniforms('image', 120)[20] as number));
    expect(toNhwc(toNchw(image))).toEqual(image);
  });

  it('draws targets inside the image', () => {
    const [none, some] = goldenTargets('targets', [0, 50], 7);
    expect(none?.labels.length).toBe(0);
    expect(Math.max(...(some?.labels ?? []))).toBeLessThan(7);
  });
});
