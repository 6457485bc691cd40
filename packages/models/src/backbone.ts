import { type Module, parametersOf } from '@detrain/nn';
import type { Tensor4D } from '@tensorflow/tfjs-core';

/** A backbone: images `[batch, height, width, 3]` to maps, finest first. */
export interface Backbone extends Module<Tensor4D, readonly Tensor4D[]> {
  /** Channels of each map. */
  readonly channels: readonly number[];
  readonly strides: readonly number[];
}

/** A stage and the channels of its map. */
export interface BackboneStage {
  readonly module: Module<Tensor4D, Tensor4D>;
  readonly channels: number;
}

/**
 * A backbone of a stem of stride 4 and stages, each of which halves the map but the first.
 *
 * @param label the backbone's name in errors
 * @throws when a stage is asked for that is not there
 */
export const stagedBackbone = (
  label: string,
  stem: Module<Tensor4D, Tensor4D>,
  stages: readonly BackboneStage[],
  returnIndices: readonly number[],
): Backbone => {
  const last = Math.max(...returnIndices);
  if (last >= stages.length)
    throw new Error(
      `@detrain/models: ${label} was asked for stage ${last}. It has stages 0 to ${stages.length - 1}. Change returnIndices.`,
    );
  return {
    parameters: parametersOf(stem, ...stages.map(({ module }) => module)),
    channels: returnIndices.map((i) => (stages[i] as BackboneStage).channels),
    strides: returnIndices.map((i) => 4 * 2 ** i),
    forward: (images, pass) => {
      const maps: Tensor4D[] = [];
      let x = stem.forward(images, pass);
      for (const { module } of stages.slice(0, last + 1)) {
        x = module.forward(x, pass);
        maps.push(x);
      }
      return returnIndices.map((i) => maps[i] as Tensor4D);
    },
  };
};
