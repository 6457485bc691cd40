import type { Candidates, Detections, HostTensor, HostTensors, Suppression } from '@detrain/core';
import type { Detector } from '@detrain/core/tensors';
import type { Engine } from '@detrain/engine';
import { postprocess } from '@detrain/models';
import { predictionProgram, weightInputs } from '@detrain/trainer';

/** Finds objects in batches of images. */
export interface DetectorRunner {
  /**
   * @param images RGB in [0, 1] `[batch, height, width, 3]`
   * @param sizes width and height in pixels that the boxes shall be in, one per image
   */
  detect(
    parameters: ReadonlyMap<string, HostTensor>,
    images: HostTensor,
    sizes: readonly (readonly [width: number, height: number])[],
  ): Promise<Detections[]>;
  /** Every query's class logits and box, one entry an image: what an assigner sees of the last layer. */
  predict(
    parameters: ReadonlyMap<string, HostTensor>,
    images: HostTensor,
  ): Promise<Required<Pick<Candidates, 'boxes' | 'logits' | 'numClasses'>>[]>;
  dispose(): Promise<void>;
}

export interface DetectorRunnerOptions {
  readonly batchSize: number;
  readonly suppression: Suppression;
  /** Parameters that all calls will be given, unchanged: finding is then faster. Absent: they may change between calls. */
  readonly fixed?: ReadonlyMap<string, HostTensor>;
}

/** A detector made ready for inference. Batches are filled up to `batchSize`, so that one shape serves all. */
export const detectorRunner = (
  engine: Engine,
  detector: Detector,
  { batchSize, suppression, fixed }: DetectorRunnerOptions,
): DetectorRunner => {
  const inference = engine.inference(predictionProgram(detector), fixed && weightInputs(detector, fixed));
  const filled = (images: HostTensor): HostTensor => {
    const [count = 0, ...rest] = images.shape;
    if (count === batchSize) return images;
    const data = new Float32Array((images.data.length / count) * batchSize);
    data.set(images.data as Float32Array);
    return { shape: [batchSize, ...rest], dtype: 'float32', data };
  };
  const predict: DetectorRunner['predict'] = async (parameters, images) => {
    const outputs: HostTensors = await inference.run({
      ...(fixed === parameters ? {} : weightInputs(detector, parameters)),
      images: filled(images),
    });
    const { logits, boxes } = outputs as { logits: HostTensor; boxes: HostTensor };
    const [, queries = 0, numClasses = 0] = logits.shape;
    return Array.from({ length: images.shape[0] ?? 0 }, (_, i) => ({
      logits: (logits.data as Float32Array).subarray(i * queries * numClasses, (i + 1) * queries * numClasses),
      boxes: (boxes.data as Float32Array).subarray(i * queries * 4, (i + 1) * queries * 4),
      numClasses,
    }));
  };
  return {
    predict,
    async detect(parameters, images, sizes) {
      const found = await predict(parameters, images);
      return sizes.map(([width, height], i) => {
        const { logits, boxes, numClasses } = found[i] as (typeof found)[number];
        return postprocess(logits, boxes, { numClasses, width, height, suppression });
      });
    },
    dispose: () => inference.dispose(),
  };
};
