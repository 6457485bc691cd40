import type { GroupOutput, Pass, Predictions } from '@detrain/core/tensors';
import { inverseSigmoid, stopGradient, withoutTape } from '@detrain/nn';
import type { Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Decoder,
  type DecoderInput,
  groupOutputs,
  readMemory,
  refuseTraining,
  startingQueries,
} from './decoder.ts';
import { takePredictions } from './known-queries.ts';
import { type RtdetrDecoderOptions, rtdetrDecoderParts } from './rtdetr-decoder-parts.ts';

export type { RtdetrDecoderOptions } from './rtdetr-decoder-parts.ts';

/**
 * Decoder of RT-DETR, RT-DETRv2 and DEIM on RT-DETRv2: each layer moves the boxes of the one before (Zhao et al. 2024
 * section 4; Lv et al. 2024). In training a layer's loss also reaches the layer before through its boxes ("look forward
 * twice", DINO section 3.5).
 *
 * @throws when `evalLayer` is not one of the layers.
 */
export const rtdetrDecoder = (options: RtdetrDecoderOptions): Decoder => {
  const parts = rtdetrDecoderParts(options);

  const forward = ({ pyramid, extra = [] }: DecoderInput, pass: Pass): readonly GroupOutput[] => {
    if (options.deployed) refuseTraining(pass, extra);
    const memory = readMemory(parts.projections, pyramid, pass);
    const { selected, mask, ...start } = startingQueries(parts, memory, extra, pass);
    let { content, reference } = start;
    let before: Tensor3D | undefined;
    const outputs: Predictions[] = [];
    const steps = pass.training ? parts.steps : parts.steps.slice(0, parts.evalLayer + 1);
    for (const { layer, score, box } of steps) {
      const positions = parts.queryPosition.forward(reference, pass) as Tensor3D;
      content = layer.forward(
        { content, positions, reference, memory: memory.levels, ...(mask ? { mask } : {}) },
        pass,
      );
      const shift = box.forward(content, pass) as Tensor3D;
      const moved = (from: Tensor3D) => tf.sigmoid(tf.add(shift, from)) as Tensor3D;
      const boxes = moved(withoutTape(() => inverseSigmoid(reference)));
      if (pass.training || layer === steps.at(-1)?.layer)
        outputs.push({
          logits: score.forward(content, pass) as Tensor3D,
          boxes: pass.training && before ? moved(inverseSigmoid(before)) : boxes,
        });
      before = boxes;
      reference = stopGradient(boxes);
    }
    return groupOutputs(extra, parts.numQueries, selected, (span) => ({
      layers: outputs.map((output) => takePredictions(output, span)),
    }));
  };

  return {
    parameters: parts.parameters,
    outputs: { layers: options.layers, pre: false, encoder: true, distributions: false },
    forward,
    select: (pyramid, pass) => parts.selection.forward(readMemory(parts.projections, pyramid, pass), pass).indices,
  };
};
