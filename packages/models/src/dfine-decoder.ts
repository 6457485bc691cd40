import type { GroupOutput, Pass, Predictions } from '@detrain/core/tensors';
import { inverseSigmoid, type Module, sampledLevels, splitHeads, stopGradient, withoutTape } from '@detrain/nn';
import type { Tensor, Tensor3D } from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {
  type Decoder,
  type DecoderInput,
  groupOutputs,
  readMemory,
  refuseTraining,
  startingQueries,
} from './decoder.ts';
import { type DfineDecoderOptions, decoderParts } from './dfine-decoder-parts.ts';
import { edgeDistributions, expectedShifts, shiftEdges, weightingFunction } from './fdr.ts';
import { type QuerySpan, takePredictions, takeSpan } from './known-queries.ts';

export type { DfineDecoderOptions } from './dfine-decoder-parts.ts';

/** @param reference the span's part, one tensor for all layers, so that losses may keep what they derive from it */
const cutPredictions = (whole: Predictions, span: QuerySpan, reference?: Tensor3D): Predictions => ({
  ...takePredictions(whole, span),
  ...(whole.corners ? { corners: takeSpan(whole.corners, span) } : {}),
  ...(reference ? { reference } : {}),
});

/**
 * Decoder with fine-grained distribution refinement, as D-FINE, DEIM and DEIMv2 have it: the first layer gives plain
 * boxes, and every layer adds to the distributions by which these boxes' edges move. D-FINE section 3.
 */
export const dfineDecoder = (options: DfineDecoderOptions): Decoder => {
  const parts = decoderParts(options);
  const { generation } = options;
  const { regMax, regScale } = parts.fdr;
  const weights = weightingFunction(parts.fdr);
  const positionsOf = (reference: Tensor3D, pass: Pass) => parts.queryPosition.forward(reference, pass) as Tensor3D;

  const forward = ({ pyramid, extra = [] }: DecoderInput, pass: Pass): readonly GroupOutput[] => {
    if (options.deployed) refuseTraining(pass, extra);
    const memory = readMemory(parts.projections, pyramid, pass);
    const sampled = sampledLevels(
      memory.levels.map((level) => ({ ...level, tokens: splitHeads(level.tokens, parts.heads) })),
    );
    const { selected, mask, ...start } = startingQueries(parts, memory, extra, pass);
    let { content, reference } = start;
    const once = generation === 'deimv2' ? positionsOf(reference, pass) : null;

    let anchor: Tensor3D | undefined;
    let corners: Tensor3D | undefined;
    let pre: Predictions | undefined;
    const outputs: Predictions[] = [];
    for (const [i, layer] of parts.layers.entries()) {
      const last = i === parts.layers.length - 1;
      const before = content;
      const positions = once ?? (tf.clipByValue(positionsOf(reference, pass), -10, 10) as Tensor3D);
      content = layer.forward({ content, positions, reference, memory: sampled, ...(mask ? { mask } : {}) }, pass);
      const score = () => (parts.scoreHeads[i] as Module<Tensor, Tensor>).forward(content, pass) as Tensor3D;

      if (!anchor) {
        const start = withoutTape(() => inverseSigmoid(reference));
        const boxes = tf.sigmoid(tf.add(parts.preBoxHead.forward(content, pass), start)) as Tensor3D;
        if (pass.training) pre = { logits: score(), boxes };
        anchor = stopGradient(boxes);
      }
      const seen = i === 0 ? content : (tf.add(content, stopGradient(before)) as Tensor3D);
      const step = (parts.boxHeads[i] as Module<Tensor, Tensor>).forward(seen, pass) as Tensor3D;
      corners = corners ? (tf.add(corners, step) as Tensor3D) : step;

      const distributions = edgeDistributions(corners, regMax + 1);
      const shifts = expectedShifts(distributions, weights);
      const boxes = shiftEdges(anchor, shifts, regScale);
      if (pass.training || last) {
        const quality = (parts.qualities[i] as (typeof parts.qualities)[number]).forward(distributions, pass);
        const plain = i === 0 && pre ? pre.logits : score();
        outputs.push({ logits: tf.add(plain, quality) as Tensor3D, boxes, corners });
      }
      if (!last) reference = stopGradient(boxes);
    }

    return groupOutputs(extra, parts.numQueries, selected, (span) => {
      const own = withoutTape(() => takeSpan(anchor as Tensor3D, span));
      return {
        layers: outputs.map((output) => cutPredictions(output, span, own)),
        ...(pre ? { pre: cutPredictions(pre, span) } : {}),
        regMax,
        regScale,
      };
    });
  };

  return {
    parameters: parts.parameters,
    outputs: { layers: options.layers, pre: true, encoder: true, distributions: true },
    forward,
    select: (pyramid, pass) => parts.selection.forward(readMemory(parts.projections, pyramid, pass), pass).indices,
  };
};
