import {
  type Backbone,
  type Dinov3Options,
  dinov3,
  dla34,
  type HgnetName,
  hgnetVariants,
  hgnetv2,
  type PresnetDepth,
  presnet,
  type VitName,
  vitVariants,
} from '@detrain/models';
import { Unsupported } from './case.ts';

/** The fields by which a case says what its backbone is; `kwargs` are the official constructor's. */
export interface BackboneMeta {
  readonly cls: string;
  readonly arch: string | number;
  readonly kwargs: {
    readonly return_idx?: readonly number[];
    readonly freeze_at?: number;
    readonly freeze_norm?: boolean;
    readonly use_lab?: boolean;
    readonly variant?: string;
    readonly interaction_indexes?: Dinov3Options['layers'];
    readonly conv_inplane?: number;
    readonly hidden_dim?: number;
  };
  readonly key_prefix: string;
  readonly weight_salt: string;
  readonly image_name: string;
  readonly input_shape: readonly number[];
  readonly n_state_keys: number;
}

/** The backbone of a case, under the case's prefix. Throws `Unsupported` on one that is not built. */
export const backboneOf = ({ cls, arch, kwargs, key_prefix: prefix }: BackboneMeta): Backbone => {
  const name = prefix.replace(/\.$/, '');
  if (cls === 'HGNetv2' && arch in hgnetVariants)
    return hgnetv2(arch as HgnetName, {
      ...(kwargs.return_idx && { returnIndices: kwargs.return_idx }),
      affine: kwargs.use_lab ?? false,
      freezeStem: (kwargs.freeze_at ?? -1) >= 0,
      freezeNorm: kwargs.freeze_norm ?? false,
      name,
    });
  if (cls === 'PResNet' && kwargs.variant === 'd')
    return presnet(Number(arch) as PresnetDepth, {
      ...(kwargs.return_idx && { returnIndices: kwargs.return_idx }),
      freezeAt: kwargs.freeze_at ?? -1,
      freezeNorm: kwargs.freeze_norm ?? false,
      name,
    });
  if (cls === 'DINOv3STAs' && arch in vitVariants && kwargs.interaction_indexes)
    return dinov3({
      variant: arch as VitName,
      layers: kwargs.interaction_indexes,
      adapter: kwargs.conv_inplane ?? 16,
      ...(kwargs.hidden_dim !== undefined && { hidden: kwargs.hidden_dim }),
      name,
    });
  if (cls === 'DLANet' && arch === 'dla34') return dla34({ name });
  throw new Unsupported(`the backbone ${cls} ${arch}`);
};
