import type { ModelMeta } from '../zoo.ts';

/** Per image: queries, and the target of each. */
export type Indices = readonly (readonly [queries: readonly number[], targets: readonly number[]])[];

/** The official criterion's settings, as a case records them. */
export interface CriterionMeta {
  readonly losses: readonly string[];
  readonly weight_dict: Readonly<Record<string, number>>;
  readonly alpha: number;
  readonly gamma: number;
  readonly mal_alpha?: number | null;
  readonly use_uni_set?: boolean | null;
  readonly boxes_weight_format?: 'iou' | 'giou' | null;
  readonly epoch_passed?: number;
  readonly matcher: {
    readonly cost_class: number;
    readonly cost_bbox: number;
    readonly cost_giou: number;
    readonly alpha: number;
    readonly gamma: number;
    readonly use_focal_loss?: boolean;
  };
}

/** The same step with other settings. */
export interface VariantMeta {
  readonly settings: Partial<CriterionMeta> & { readonly _epoch?: number };
  readonly loss_terms_weighted: Readonly<Record<string, number>>;
  readonly loss_total: number;
  readonly grad_l2: Readonly<Record<string, number>>;
  readonly global_grad_norm: number;
  readonly matcher_indices_main: Indices;
  readonly go_indices?: Indices | null;
}

/** How much the official code differs from itself with other convolution kernels. */
export interface FloatNoise {
  readonly total_rel?: number;
  readonly loss_term_max_rel?: number;
  readonly outputs_maxabs?: Readonly<Record<string, number | readonly number[]>>;
  readonly grad_rel_l2?: Readonly<Record<string, number>>;
  readonly grad_rel_l2_median_all?: number;
}

export interface TrainMeta extends ModelMeta {
  readonly weight_salt: string;
  readonly image_name: string;
  readonly input_shape: readonly [number, number, number, number];
  readonly targets_name: string;
  readonly target_counts: readonly number[];
  readonly dn_name?: string | null;
  readonly dn_num_group?: number;
  readonly dn_num_split?: readonly [number, number];
  readonly num_classes: number;
  readonly mode: string;
  readonly n_state_keys: number;
  readonly matcher_calls: Readonly<Record<string, { readonly indices: Indices; readonly [stable: string]: unknown }>>;
  readonly go_indices?: Indices | null;
  readonly go_ambiguous_rows?: number;
  readonly num_boxes_go?: number;
  readonly loss_terms_weighted: Readonly<Record<string, number>>;
  readonly loss_total: number;
  readonly criterion: CriterionMeta;
  readonly variants?: Readonly<Record<string, VariantMeta>>;
  readonly global_grad_norm: number;
  readonly params_without_grad?: readonly string[];
  readonly bn_running_after_l2?: Readonly<Record<string, number>>;
  readonly float_noise?: FloatNoise;
  readonly adamw_clip?: { readonly max_norm: number; readonly returned_total_norm: number };
  readonly adamw_noclip?: unknown;
  readonly optimizer?: {
    readonly ema: { readonly decay: number; readonly warmups: number };
    readonly groups: readonly {
      readonly lr: number;
      readonly weight_decay: number;
      readonly betas: readonly [number, number];
      readonly eps: number;
    }[];
    readonly group_of: Readonly<Record<string, number>>;
  };
}
