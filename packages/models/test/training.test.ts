import type { HostTensor, HostTensors } from '@detrain/core';
import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../golden/src/generate.ts';
import { openReference, type Reference } from '../../nn/test/reference.ts';
import { type ZooName, zoo } from '../src/index.ts';
import { alignment, goldenInputs, pickRows, runDetector } from './helpers.ts';

const cases: readonly (readonly [folder: string, model: ZooName, batchStatistics: boolean, tolerance: number])[] = [
  ['deimv2_atto_160', 'deimv2-atto', true, 1e-3],
  ['deim_dfine_n_160_q100', 'deim-dfine-n', true, 1e-3],
  ['deim_dfine_n_256_bneval', 'deim-dfine-n', false, 2e-4],
  ['rtdetrv2_r18_160', 'rtdetrv2-r18', true, 1e-3],
];

/** The recorded denoising queries as program inputs. */
const knownQueries = (reference: Reference): HostTensors => {
  const tensor = (shape: readonly number[], data: HostTensor['data'], dtype: HostTensor['dtype']): HostTensor => ({
    shape,
    data,
    dtype,
  });
  const mask = reference.integers('dn.attn_mask');
  return {
    'known.labels': tensor(
      reference.shape('dn.input_query_class_after_noise'),
      reference.integers('dn.input_query_class_after_noise'),
      'int32',
    ),
    'known.boxes': tensor(
      reference.shape('dn.input_query_bbox_unact'),
      reference.floats('dn.input_query_bbox_unact'),
      'float32',
    ),
    'known.mask': tensor(
      reference.shape('dn.attn_mask'),
      Float32Array.from(mask, (m) => (m ? -1e9 : 0)),
      'float32',
    ),
  };
};

/** Our name of an output, for the reference's. */
const ourName = (name: string, layers: number): string | null => {
  const match =
    /^out\.(?:(aux_outputs|enc_aux_outputs|pre_outputs|dn_outputs|dn_aux_outputs|dn_pre_outputs)\.)?(?:(\d)\.)?(\w+)$/.exec(
      name,
    );
  const part = { pred_logits: 'logits', pred_boxes: 'boxes', pred_corners: 'corners', ref_points: 'reference' }[
    match?.[3] ?? ''
  ];
  if (!match || !part) return null;
  const [, set = 'last', index = '0'] = match;
  const at = {
    last: `main.layer.${layers - 1}`,
    aux_outputs: `main.layer.${index}`,
    enc_aux_outputs: 'main.encoder',
    pre_outputs: 'main.pre',
    dn_outputs: `known.layer.${index}`,
    dn_aux_outputs: `known.layer.${index}`,
    dn_pre_outputs: 'known.pre',
  }[set];
  return `${at}.${part}`;
};

describe('training outputs against the official code', () => {
  for (const [folder, model, batchStatistics, atol] of cases)
    it(folder, async (ctx) => {
      const reference = openReference(ctx, 'train', folder);
      const { input_shape: shape, num_classes: numClasses, num_queries: numQueries, image_name: name } = reference.meta;
      const [batch, , height, width] = shape as [number, number, number, number];
      const detector = zoo[model]({ numClasses, numQueries, inputSize: [height, width] });
      const inputs = {
        ...goldenInputs(detector.parameters),
        ...knownQueries(reference),
        images: goldenImage(name, shape),
      };
      const out = await runDetector(detector, inputs, { training: true, batchStatistics });

      const order = alignment(out['indices']!.data, reference.integers('enc_topk_ind'), batch);
      expect(order.every(Number.isFinite)).toBe(true);
      let compared = 0;
      for (const theirs of reference.names) {
        const ours = ourName(theirs, detector.outputs!.layers);
        if (!ours || !out[ours]) continue;
        const data = reference.floats(theirs);
        const expected = ours.startsWith('main') ? pickRows(data, order) : data;
        expect(out[ours].data, ours).toBeAllclose(expected, { atol, rtol: atol });
        compared++;
      }
      const sets = reference.names.filter((theirs) => ourName(theirs, detector.outputs!.layers));
      expect(compared).toBe(sets.length);
      expect(compared).toBeGreaterThanOrEqual(14);

      const running = reference.meta['bn_running_after_l2'] as Record<string, number>;
      const updates = Object.entries(out).filter(([key]) => key.startsWith('new.'));
      const statistics = detector.parameters.filter(({ kind }) => kind === 'statistic');
      expect(updates).toHaveLength(batchStatistics ? statistics.length : 0);
      for (const [key, { data }] of updates) {
        const norm = Math.sqrt([...data].reduce((sum, value) => sum + value * value, 0));
        expect(norm / running[key.slice(4)]!, key).toBeCloseTo(1, 3);
      }
    });
});
