import type { HostTensor } from '@detrain/core';
import type { StoredDType } from './dtypes.ts';

/** The formats of weights that are read. */
export type WeightsSource = 'safetensors' | 'pth' | 'pth-legacy' | 'onnx';

/** The tensors of a file, whatever its format. */
export interface WeightsFile {
  /** By name, in the file's order, each with memory of its own. */
  readonly tensors: ReadonlyMap<string, HostTensor>;
  /** What else the file says of itself: safetensors metadata, the plain values beside a checkpoint's weights. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly source: WeightsSource;
  /** The element types that the file keeps its tensors in, each once. */
  readonly dtypes: readonly StoredDType[];
  /** Which of a training checkpoint's weights were taken: `ema.module`, `model`, …; absent where a file has but one set. */
  readonly part?: string;
}

export interface WeightsFileOptions {
  /** Which weights of a training checkpoint. Default: the average (`ema.module`) where there is one, else the model. */
  readonly from?: 'ema' | 'model';
}
