import type {} from '@detrain/tooling/setup';
import { describe, expect, it } from 'vitest';
import { goldenImage } from '../../golden/src/generate.ts';
import { deploy, postprocess, type ZooName, zoo } from '../src/index.ts';
import { alignment, goldenInputs, pickRows, runDetector } from './helpers.ts';
import { goldenFolder, readCase } from './reference.ts';

const cases: readonly (readonly [folder: string, model: ZooName])[] = [
  ['deimv2_atto_160', 'deimv2-atto'],
  ['deimv2_femto_192', 'deimv2-femto'],
  ['deimv2_pico_224', 'deimv2-pico'],
  ['deimv2_n_256', 'deimv2-n'],
  ['deim_dfine_n_160_q100', 'deim-dfine-n'],
  ['deim_dfine_n_256', 'deim-dfine-n'],
  ['dfine_n_obj365_256', 'dfine-n'],
  ['deim_dfine_s_160', 'deim-dfine-s'],
  ['deim_dfine_s_416_border_anchors', 'deim-dfine-s'],
  ['dfine_s_160', 'dfine-s'],
  ['deim_dfine_m_160', 'deim-dfine-m'],
  ['deim_dfine_l_160', 'deim-dfine-l'],
  ['deim_dfine_x_160', 'deim-dfine-x'],
];

describe('whole models against the official code', () => {
  it.each(cases)('%s', async (folder, model) => {
    const root = goldenFolder('full', folder);
    if (!root) return;
    const { meta, tensors } = readCase(root);
    const [batch, , height, width] = meta['input_shape'] as [number, number, number, number];
    const numClasses = meta['num_classes'] as number;
    const detector = zoo[model]({ numClasses, numQueries: meta['num_queries'], inputSize: [height, width] });
    const images = goldenImage(meta['image_name'], meta['input_shape']);
    const inputs = { ...goldenInputs(detector.parameters), images };
    const last = detector.outputs!.layers;
    expect(last).toBeGreaterThan(0);

    const out = await runDetector(detector, inputs);
    const order = alignment(out['indices']!.data, tensors['enc_topk_ind']!.data, batch);
    expect(order.every(Number.isFinite)).toBe(true);
    const logits = out['main.layer.0.logits']!.data as Float32Array;
    const boxes = out['main.layer.0.boxes']!.data as Float32Array;
    expect(logits).toBeAllclose(pickRows(tensors['pred_logits']!.data, order), { atol: 1e-4, rtol: 1e-4 });
    expect(boxes).toBeAllclose(pickRows(tensors['pred_boxes']!.data, order), { atol: 2e-5, rtol: 1e-4 });
  });
});
