import type { HostTensor } from '@detrain/core';
import { makePass } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type BackboneMeta, backboneOf } from '../backbones.ts';
import type { GoldenCase } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { runOnce } from '../engine.ts';
import { goldenImage, goldenWeights, toNchw } from '../generate.ts';

const FORWARD = 1e-4;

/** Feature maps of all stages, eval mode. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as BackboneMeta;
  const backbone = backboneOf(meta);
  checks.count('n_state_keys', backbone.parameters.length, meta.n_state_keys);
  const inputs = {
    ...Object.fromEntries(goldenWeights(backbone.parameters, meta.weight_salt)),
    images: goldenImage(meta.image_name, meta.input_shape),
  };
  const outputs = await runOnce(
    {
      name: 'backbone',
      run: ({ images, ...tensors }) => {
        const maps = backbone.forward(images as Tensor4D, makePass({ tensors, specs: backbone.parameters }));
        return Object.fromEntries(maps.map((map, i) => [`stage${meta.kwargs.return_idx?.[i] ?? i}`, map]));
      },
    },
    inputs,
  );
  for (const [name, tensor] of Object.entries(outputs))
    checks.holds(`${name} is stored`, compareTensor(golden, checks, name, toNchw(tensor as HostTensor).data, FORWARD));
};
