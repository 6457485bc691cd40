import { createRng } from '@detrain/core';
import { anchorsOf } from '@detrain/models';
import { deformableAttention, positionEmbedding2d } from '@detrain/nn';
import { type GoldenCase, valuesOf } from '../case.ts';
import type { Checks } from '../checks.ts';

const VALUE = 1e-5;
const numbers = (text = '') => text.split('_').map(Number);

/** Tables that no weights decide: anchors, position embeddings, offsets of deformable attention. A tensor's name says its sizes. */
export const replay = (golden: GoldenCase, checks: Checks): void => {
  for (const [name, tensor] of Object.entries(golden.tensors())) {
    const values = valuesOf(tensor);
    const [, anchors, height, width, strides] = /^(anchors|valid_mask)\.(\d+)x(\d+)_s([\d_]+)$/.exec(name) ?? [];
    if (anchors) {
      const sizes = numbers(strides).map((stride) => ({
        height: Math.floor(Number(height) / stride),
        width: Math.floor(Number(width) / stride),
      }));
      const made = anchorsOf(sizes);
      checks.close(name, anchors === 'anchors' ? made.logits : made.valid, values, VALUE);
    }
    const [, w, h, dim] = /^pos_embed\.w(\d+)_h(\d+)_d(\d+)$/.exec(name) ?? [];
    if (w)
      checks.close(
        name,
        positionEmbedding2d({ width: Number(w), height: Number(h), dim: Number(dim), order: 'official' }),
        values,
        VALUE,
      );
    const [, kind, heads = '8', points] =
      /^(init\.sampling_offsets\.bias\.h|num_points_scale\.)(?:(\d+)_)?p([\d_]+)$/.exec(name) ?? [];
    if (kind) {
      const wanted = kind.startsWith('init') ? 'sampling_offsets.bias' : 'num_points_scale';
      const options = { dim: 8 * Number(heads), heads: Number(heads), points: numbers(points) };
      const spec = deformableAttention('attention', options).parameters.find((p) => p.name === `attention.${wanted}`);
      checks.close(name, spec?.init(createRng(0)) ?? [], values, VALUE);
    }
  }
};
