/**
 * The tensor-side contracts. Types only: importing this file loads nothing.
 *
 * @module
 */
import type { Scalar, Tensor, Tensor2D, Tensor3D, Tensor4D } from '@tensorflow/tfjs-core';
import type { Rng } from './rng.ts';
import type {
  Assigner,
  Augmentation,
  BatchAugmentation,
  Described,
  KnownQuerySource,
  MatchingPolicy,
  Normalizer,
  Suppression,
} from './types.ts';

/**
 * One named tensor of a model, under its official state-dict name and in PyTorch's layout
 * (convolution `[out, in / groups, kh, kw]`, linear `[out, in]`).
 */
export interface ParameterSpec {
  readonly name: string;
  readonly shape: readonly number[];
  /**
   * `trainable`: has a gradient; `frozen`: a parameter or buffer that never changes;
   * `statistic`: changed by the forward pass (running mean and variance);
   * `counter`: an int64 scalar of the state dict (num_batches_tracked);
   * `derived`: recomputed, never an input (anchors), kept for the key list only.
   */
  readonly kind: 'trainable' | 'frozen' | 'statistic' | 'counter' | 'derived';
  /** The initial value, row-major. */
  init(rng: Rng): Float32Array;
  /** The name of the tensor this one is (a head shared by all layers); then it is no input of its own. */
  readonly sharedWith?: string;
}

/** What a module sees while a program runs. */
export interface Pass {
  /** Whether training-only outputs and branches are wanted. */
  readonly training: boolean;
  /** Whether batch norms use the batch's statistics (and record new running ones). */
  readonly batchStatistics: boolean;
  /** The tensor bound to a parameter's name. Throws on an unknown name. */
  parameter(name: string): Tensor;
  /** Whether a tensor keeps its value whatever the run does: a batch norm with frozen statistics uses them. */
  isFrozen(name: string): boolean;
  /** Records a statistic's new value. */
  update(name: string, value: Tensor): void;
  /** Is shown what enters each batch norm `[batch, height, width, channels]`, where statistics are measured. */
  observe?(norm: string, x: Tensor4D): void;
}

/** One output of a detector: what a layer predicts for each candidate. */
export interface Predictions {
  /** `[batch, candidates, classes]` */
  readonly logits: Tensor3D;
  /** cx cy w h in [0, 1] `[batch, candidates, 4]` */
  readonly boxes: Tensor3D;
  /** Edge distributions (D-FINE FDR), logits `[batch, candidates, 4 * (regMax + 1)]`. */
  readonly corners?: Tensor3D;
  /** The box that `corners` refine, no gradient `[batch, candidates, 4]`. */
  readonly reference?: Tensor3D;
  /** What a head thinks of each box's quality, its centerness (ATSS, FCOS) or IoU (PAA), logits `[batch, candidates]`. */
  readonly quality?: Tensor2D;
}

export interface Pyramid {
  /** NHWC, finest first. */
  readonly levels: readonly Tensor4D[];
  readonly strides: readonly number[];
}

/** Extra decoder queries, placed before the model's own. */
export interface QueryGroup {
  readonly name: string;
  /** Content classes `[batch, count]` int32, embedded by the decoder, … */
  readonly labels?: Tensor2D;
  /** … or the content itself `[batch, count, dim]`. */
  readonly content?: Tensor3D;
  /** Unactivated boxes `[batch, count, 4]`. */
  readonly boxes: Tensor3D;
  /**
   * Added to attention logits, 0 or a large negative number `[count + queries, count + queries]`. Where the model's own queries see each
   * other and none of these, `[count, count + queries]` will do, and takes less time.
   */
  readonly mask: Tensor2D;
}

/** What the decoder gives for one set of queries. */
export interface GroupOutput {
  /** `main`, or the name of the query group. */
  readonly name: string;
  /** One entry a decoder layer, first to last; outside training only the last. */
  readonly layers: readonly Predictions[];
  /** The first layer's plain boxes (D-FINE), training only. */
  readonly pre?: Predictions;
  /** The encoder's proposals for the selected tokens, training only, `main` only. */
  readonly encoder?: Predictions;
  /** Constants that losses on distributions need. */
  readonly regMax?: number;
  readonly regScale?: number;
}

/** What a detector's main group gives in training, known without running it. */
export interface OutputLayout {
  /** Decoder layers with predictions. */
  readonly layers: number;
  /** Whether there is a `pre` output; query groups then have one, too. */
  readonly pre: boolean;
  /** Whether there is an `encoder` output. */
  readonly encoder: boolean;
  /** Whether layers have `corners`, which local losses need; not known where absent. */
  readonly distributions?: boolean;
}

/** A model: plain functions of tensors. Holds no tensors itself, so nothing needs disposing. */
export interface Detector extends Described {
  readonly numClasses: number;
  readonly numQueries: number;
  /** What `decode` gives in training; without it a program learns it from its first forward pass. */
  readonly outputs?: OutputLayout;
  /** Every tensor of the state dict, in the official order. */
  readonly parameters: readonly ParameterSpec[];
  /** @param images RGB in [0, 1] `[batch, height, width, 3]` */
  encode(images: Tensor4D, pass: Pass): Pyramid;
  /** The first group returned is `main`. */
  decode(pyramid: Pyramid, pass: Pass, extra?: readonly QueryGroup[]): readonly GroupOutput[];
}

/** Targets laid out one per candidate, so that no loss gathers or scatters. */
export interface DenseTargets {
  /** Class index, or `numClasses` for background, int32 `[batch, candidates]`. */
  readonly labels: Tensor2D;
  /** cx cy w h of the target, some valid box where there is none `[batch, candidates, 4]`. */
  readonly boxes: Tensor3D;
  /** 1 where the candidate answers for a target, else 0 `[batch, candidates]`. */
  readonly positive: Tensor2D;
  /** Weight of the class loss: 0 where ignored `[batch, candidates]`. */
  readonly classWeight: Tensor2D;
  /** Weight of the box losses: 0 where not positive `[batch, candidates]`. */
  readonly boxWeight: Tensor2D;
  /** Soft class target of positives `[batch, candidates]`. */
  readonly quality?: Tensor2D;
  /** What sums are divided by. */
  readonly normalizer: Scalar;
  /** Sums of `positive` and of the others' `classWeight` over the whole batch, where these rows may be only a share of it. */
  readonly counts?: { readonly positives: Scalar; readonly negatives: Scalar };
}

export interface LossContext {
  /** Role of the output the loss is computed on. */
  readonly role: 'layer' | 'pre' | 'encoder';
  /** Whether this is the last decoder layer of its group. */
  readonly last: boolean;
  /** The last layer's predictions of the same group, without gradient (self-distillation). */
  readonly teacher?: Predictions;
  /** The main group's targets of the same set: DDF weighs denoising layers by them. */
  readonly main: DenseTargets;
  readonly regMax?: number;
  readonly regScale?: number;
  /** What losses of one step may share (a box overlap, a target distribution); absent where nothing is shared. */
  readonly cache?: Map<string, unknown>;
}

/** A term of the objective. */
export interface Loss extends Described {
  /** Whether it consumes each output's own matches (classification) or the shared set (boxes). */
  readonly set: 'own' | 'shared';
  /** A scalar, already divided by `targets.normalizer`; null where the loss does not apply to this output. */
  compute(predictions: Predictions, targets: DenseTargets, context: LossContext): Scalar | null;
}

export interface WeightedLoss {
  readonly weight: number;
  readonly loss: Loss;
}

/** A training-only head on the pyramid (ATSS, Faster R-CNN of Co-DETR). */
export interface AuxiliaryHead extends Described {
  readonly assigner: Assigner;
  readonly losses: readonly WeightedLoss[];
  readonly normalizer: Normalizer;
  attach(shape: {
    readonly channels: number;
    readonly strides: readonly number[];
    readonly numClasses: number;
  }): AttachedHead;
}

export interface AttachedHead {
  readonly parameters: readonly ParameterSpec[];
  /** Candidate boxes on the host for pyramid levels of these sizes `[height, width]`, cx cy w h in [0, 1]. */
  priors(levels: readonly (readonly [number, number])[]): {
    readonly boxes: Float32Array;
    readonly levels: readonly number[];
  };
  forward(pyramid: Pyramid, pass: Pass): Predictions;
}

/** A whole way to train: the value that strategies compose. */
export interface Recipe {
  readonly name: string;
  readonly assigner: Assigner;
  readonly losses: readonly WeightedLoss[];
  readonly matching: MatchingPolicy;
  readonly normalizer: Normalizer;
  readonly knownQueries: KnownQuerySource | null;
  /** How first-stage proposals are assigned, where it differs from `assigner` (DETA). */
  readonly proposals: { readonly assigner: Assigner; readonly losses: readonly WeightedLoss[] } | null;
  readonly auxiliaries: readonly AuxiliaryHead[];
  readonly augmentations: readonly Augmentation[];
  readonly batchAugmentations: readonly BatchAugmentation[];
  readonly suppression: Suppression;
}

/** A change of a recipe: what a strategy package exports. */
export type RecipePatch = (recipe: Recipe) => Recipe;
