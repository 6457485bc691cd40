import type { Rng } from './rng.ts';

/** `targetOf` value of a candidate that answers for nothing. */
export const BACKGROUND = -1;
/** `targetOf` value of a candidate that is left out of the loss. */
export const IGNORE = -2;

/** A value that can be awaited or used at once. */
export type MaybePromise<T> = T | Promise<T>;

/** Anything a run records: its name and its options, as JSON. */
export interface Described {
  readonly name: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** The objects of one image. */
export interface Targets {
  /** cx cy w h in [0, 1] of the image, flat `[count * 4]`. */
  readonly boxes: Float32Array;
  /** Contiguous class indices `[count]`. */
  readonly labels: Int32Array;
}

/** What can answer for an object in one image: anchors, proposals or a decoder layer's outputs. */
export interface Candidates {
  /** cx cy w h in [0, 1], flat `[count * 4]`. */
  readonly boxes: Float32Array;
  /**
   * cx cy w h in [0, 1] of what `boxes` were predicted from: anchors, or squares of one stride around points, flat `[count * 4]`; absent
   * where `boxes` are themselves the anchors or points.
   */
  readonly priors?: Float32Array;
  /** Class logits, flat `[count * numClasses]`; absent for anchors. */
  readonly logits?: Float32Array;
  readonly numClasses: number;
  /** Candidates per pyramid level, in order; absent for queries. */
  readonly levels?: readonly number[];
  /** 0 where a candidate must not be used (padding, outside the image), `[count]`. */
  readonly valid?: Uint8Array;
}

/** Candidate-target pairs: candidate `candidates[i]` answers for target `targets[i]`. */
export interface Pairs {
  readonly candidates: Int32Array;
  readonly targets: Int32Array;
}

/** Who answers for whom in one image: one shape for every strategy. */
export interface Assignment {
  /** Per candidate: a target's index, BACKGROUND or IGNORE, `[count]`. */
  readonly targetOf: Int32Array;
  /** Pairs beyond the one that `targetOf` can say: a candidate used for two targets (DETA, B-matching). */
  readonly extraPairs?: Pairs;
  /** Soft class target of positives in [0, 1] (QFL, TOOD), `[count]`; losses that compute their own ignore it. */
  readonly quality?: Float32Array;
  /** Weight of the classification loss per candidate, `[count]`; 1 where absent. */
  readonly classWeight?: Float32Array;
  /** Weight of the box losses per candidate, `[count]`; 1 where absent. */
  readonly boxWeight?: Float32Array;
}

/** What an assigner may know beside the candidates and the targets. */
export interface AssignContext {
  readonly rng: Rng;
  /** Share of the run that is done, in [0, 1]. */
  readonly progress: number;
  readonly epoch: number;
  readonly step: number;
  /** Which output is matched: `layer.0`, `pre`, `encoder`, `anchors`, … */
  readonly output: string;
}

/** A rule for who answers for whom. Synchronous, on the host, pure; one image a call. */
export interface Assigner extends Described {
  readonly cardinality: 'one-to-one' | 'one-to-many';
  /** Targets that one candidate may answer for at once (`extraPairs`); 1 where absent. */
  readonly slots?: number;
  assign(candidates: Candidates, targets: Targets, context: AssignContext): Assignment;
}

/** An image: RGB, 8 bits, interleaved, rows from the top. */
export interface Image {
  readonly width: number;
  readonly height: number;
  /** `[height * width * 3]`. */
  readonly data: Uint8Array;
}

/** An image with its objects, on its way from a data set to a batch. */
export interface Sample {
  readonly id: string;
  readonly image: Image;
  readonly targets: Targets;
  /** Width and height in pixels before any augmentation. */
  readonly originalSize: readonly [width: number, height: number];
}

export interface AugmentContext {
  readonly rng: Rng;
  readonly progress: number;
  readonly epoch: number;
  /** Width and height in pixels that the batch will have; augmentations take their default sizes from it. */
  readonly size?: readonly [width: number, height: number];
  /** Another sample of the data set, chosen by the context's own generator (mosaics). */
  draw(): MaybePromise<Sample>;
}

/** A change of one sample. Never changes its input. */
export interface Augmentation extends Described {
  apply(sample: Sample, context: AugmentContext): MaybePromise<Sample>;
}

/** A change of a whole batch of equally sized samples (mixup, copy-blend). */
export interface BatchAugmentation extends Described {
  applyBatch(samples: readonly Sample[], context: Omit<AugmentContext, 'draw'>): readonly Sample[];
}

export interface Dataset {
  readonly name: string;
  readonly classes: readonly string[];
  readonly length: number;
  get(index: number): MaybePromise<Sample>;
}

/** What a detector says of one image. */
export interface Detections {
  /** x1 y1 x2 y2 in pixels of the original image, flat `[count * 4]`. */
  readonly boxes: Float32Array;
  readonly scores: Float32Array;
  readonly labels: Int32Array;
}

export type DType = 'float32' | 'int32' | 'bool';

/** A tensor on the host, row-major. */
export interface HostTensor {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly data: Float32Array | Int32Array | Uint8Array;
}
export type HostTensors = Readonly<Record<string, HostTensor>>;
export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** What a set of targets is divided by. */
export type Normalizer =
  /** Objects in the batch (DETR family), at least 1. */
  | 'targets'
  /** Pairs of the assignment, at least 1. */
  | 'pairs'
  /** Sum of the positives' quality, at least 1 (ATSS GIoU). */
  | 'quality'
  /** Candidates that are not ignored, at least 1 (RPN, R-CNN). */
  | 'sampled';

/** How the layers of a detector share matches. */
export type MatchingPolicy =
  /** Each output has its own matches. */
  | 'each'
  /** The last layer's matches serve all. */
  | 'last'
  /** Box losses use the union of all outputs' matches (D-FINE's GO set), class losses each output's own. */
  | 'union';

/** What is done to detections at test time. */
export type Suppression =
  | { readonly kind: 'top-k'; readonly count: number }
  | { readonly kind: 'nms'; readonly iou: number; readonly preCount: number; readonly count: number }
  | { readonly kind: 'soft-nms'; readonly iou: number; readonly sigma: number; readonly count: number };

/** Decoder queries whose assignment is known before the forward pass (denoising, Co-DETR's positives), for one batch. */
export interface KnownQueries {
  readonly name: string;
  /** Queries per image. */
  readonly count: number;
  /** Content class per query `[batch * count]`; `numClasses` is the padding class. */
  readonly labels: Int32Array;
  /** Unactivated (logit) reference boxes `[batch * count * 4]`. */
  readonly boxes: Float32Array;
  /** 1 where a query must not see another, `[(count + numQueries) ** 2]`, row = the one that looks; known queries first. */
  readonly blocked: Uint8Array;
  /** One per image. */
  readonly assignments: readonly Assignment[];
  /** Copies of each target among the queries: the factor on the number of targets in the normaliser. */
  readonly groups: number;
}

export interface KnownQueriesContext {
  readonly rng: Rng;
  readonly numClasses: number;
  readonly numQueries: number;
}

/** A source of queries with known assignments. Returns null for a batch that gives none. */
export interface KnownQuerySource extends Described {
  /** The fixed number of queries that `build` pads to, so that shapes do not change from step to step. */
  readonly count: number;
  build(targets: readonly Targets[], context: KnownQueriesContext): KnownQueries | null;
}
