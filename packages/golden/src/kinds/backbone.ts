import type { HostTensor } from '@detrain/core';
import { type HgnetName, hgnetVariants, hgnetv2 } from '@detrain/models';
import { makePass } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';
import { type GoldenCase, Unsupported } from '../case.ts';
import type { Checks } from '../checks.ts';
import { compareTensor } from '../compare-tensor.ts';
import { runOnce } from '../engine.ts';
import { goldenImage, goldenWeights, toNchw } from '../generate.ts';

interface BackboneMeta {
  readonly cls: string;
  readonly arch: string | number;
  readonly kwargs: {
    readonly return_idx: readonly number[];
    readonly freeze_at: number;
    readonly freeze_norm: boolean;
    readonly use_lab?: boolean;
  };
  readonly key_prefix: string;
  readonly weight_salt: string;
  readonly image_name: string;
  readonly input_shape: readonly number[];
  readonly total_params: number;
  readonly n_state_keys: number;
}

const FORWARD = 1e-4;

/** Feature maps of all stages, eval mode. */
export const replay = async (golden: GoldenCase, checks: Checks): Promise<void> => {
  const meta = golden.meta as unknown as BackboneMeta;
  const { cls, arch, kwargs } = meta;
  if (cls !== 'HGNetv2' || !(arch in hgnetVariants)) throw new Unsupported(`the backbone ${cls} ${arch}`);
  const backbone = hgnetv2(arch as HgnetName, {
    returnIndices: kwargs.return_idx,
    affine: kwargs.use_lab ?? false,
    freezeStem: kwargs.freeze_at >= 0,
    freezeNorm: kwargs.freeze_norm,
    name: meta.key_prefix.replace(/\.$/, ''),
  });
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
        return Object.fromEntries(maps.map((map, i) => [`stage${kwargs.return_idx[i]}`, map]));
      },
    },
    inputs,
  );
  for (const [name, tensor] of Object.entries(outputs))
    checks.holds(`${name} is stored`, compareTensor(golden, checks, name, toNchw(tensor as HostTensor).data, FORWARD));
};
