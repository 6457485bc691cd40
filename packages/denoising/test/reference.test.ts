import path from 'node:path';
import { BACKGROUND } from '@detrain/core';
import { buildDenoising } from '@detrain/denoising';
import { describe, expect, it } from 'vitest';
import { readJson, readTensors, reference } from '../../core/test/_reference.ts';

const cases = [
  'deim_dfine_n_160_q100',
  'deim_dfine_n_256',
  'deim_dfine_n_256_bneval',
  'deim_rtdetrv2_r18_160',
  'deim_rtdetrv2_r18_160_bneval',
  'deimv2_atto_160',
  'dfine_n_256',
  'rtdetrv2_r18_160',
];

describe('recorded draws of the official code', () => {
  it.for(cases)('give the same queries in %s', (name, test) => {
    const folder = reference(test, 'deim', 'train', name);
    const meta = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    const targets = meta.target_counts.map((_: number, b: number) => ({
      boxes: tensors.float32(`target.${b}.boxes`),
      labels: tensors.int32(`target.${b}.labels`),
    }));
    const draws = {
      labelMask: tensors.float32('dn.rand.label_mask_rand'),
      newLabel: tensors.int32('dn.rand.new_label'),
      boxSign: tensors.float32('dn.rand.box_sign_01'),
      boxPart: tensors.float32('dn.rand.box_part_rand'),
    };
    const [queries, numQueries] = meta.dn_num_split;
    const known = buildDenoising(targets, draws, {
      numClasses: meta.num_classes,
      numQueries,
      negativeSizes: name.startsWith('rtdetr') ? 'kept' : 'absolute',
    })!;
    expect(known.count).toBe(queries);
    expect(known.groups).toBe(meta.dn_num_group);
    expect(known.labels).toEqual(tensors.int32('dn.input_query_class_after_noise'));
    expect(known.boxes).toBeAllclose(tensors.float32('dn.input_query_bbox_unact'), { atol: 1e-5 });
    expect(Buffer.compare(known.blocked, tensors.uint8('dn.attn_mask'))).toBe(0);
    known.assignments.forEach(({ targetOf }, b) => {
      const positives = Array.from(targetOf.keys()).filter((query) => targetOf[query] !== BACKGROUND);
      expect(positives).toEqual(Array.from(tensors.int32(`dn.positive_idx.${b}`)));
      expect(positives.every((query, k) => targetOf[query] === k % targets[b].labels.length)).toBe(true);
    });
  });
});
