import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../golden/src/generate.ts';
import { openReference } from '../../nn/test/reference.ts';
import { type RtdetrZooOptions, type ZooDetector, type ZooName, zoo } from '../src/index.ts';
import { alignment, goldenInputs, pickRows, runDetector } from './helpers.ts';

/** One of each kind; the golden replay runs them all. */
const cases: readonly (readonly [folder: string, model: ZooName, options?: RtdetrZooOptions])[] = [
  ['deimv2_atto_160', 'deimv2-atto'],
  ['deimv2_femto_192', 'deimv2-femto'],
  ['deimv2_pico_224', 'deimv2-pico'],
  ['deimv2_n_256', 'deimv2-n'],
  ['deim_dfine_n_256', 'deim-dfine-n'],
  ['dfine_n_obj365_256', 'dfine-n'],
  ['deim_dfine_s_416_border_anchors', 'deim-dfine-s'],
  ['rtdetr_v1decoder_r18_160', 'rtdetr-r18'],
  ['rtdetrv2_r18_160', 'rtdetrv2-r18'],
  ['rtdetrv2_r18_dsp_160', 'rtdetrv2-r18', { sampling: 'discrete' }],
  ['deim_rtdetrv2_r18_160', 'deim-rtdetrv2-r18'],
];

describe('whole models against the official code', () => {
  for (const [folder, model, options] of cases)
    it(folder, async (ctx) => {
      const reference = openReference(ctx, 'full', folder);
      const { input_shape: shape, num_classes: numClasses, num_queries: numQueries, image_name: name } = reference.meta;
      const [batch, , height, width] = shape as [number, number, number, number];
      const make: (options: RtdetrZooOptions) => ZooDetector = zoo[model];
      const detector = make({ ...options, numClasses, numQueries, inputSize: [height, width] });
      const inputs = { ...goldenInputs(detector.parameters), images: goldenImage(name, shape) };

      const out = await runDetector(detector, inputs);
      const order = alignment(out['indices']!.data, reference.integers('enc_topk_ind'), batch);
      expect(order.every(Number.isFinite)).toBe(true);
      const expected = (key: string) => pickRows(reference.floats(key), order);
      expect(out['main.layer.0.logits']!.data).toBeAllclose(expected('pred_logits'), { atol: 1e-4, rtol: 1e-4 });
      expect(out['main.layer.0.boxes']!.data).toBeAllclose(expected('pred_boxes'), { atol: 2e-5, rtol: 1e-4 });
    });
});
