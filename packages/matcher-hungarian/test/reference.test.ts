import path from 'node:path';
import { type AssignContext, createRng, fromPairs, pairsOf, unionAssignments } from '@detrain/core';
import {
  classCost,
  giouCost,
  hungarian,
  iouPowerCost,
  l1Cost,
  matchCost,
  softmaxClassCost,
  switching,
} from '@detrain/matcher-hungarian';
import { describe, expect, it } from 'vitest';
import { reference } from '../../core/test/_reference.ts';
import { candidatesOf, pairSet, readJson, readTensors, targetsOf } from './_cases.ts';

const context: AssignContext = { rng: createRng(0), progress: 0, epoch: 0, step: 0, output: 'layer.0' };

describe('the official matcher', () => {
  it.for(['m0', 'm1', 'm2', 'm3', 'm4'])('gives the same costs and matches in %s', (name, test) => {
    const folder = reference(test, 'deim', 'matcher', name);
    const meta = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    const first = meta.options.use_focal_loss ? classCost() : softmaxClassCost({ weight: 2 });
    const costs = [first, l1Cost(), giouCost()];
    const assigner = hungarian({ costs });
    for (let b = 0; b < meta.batch; b++) {
      const candidates = candidatesOf(tensors, '', b);
      const targets = targetsOf(tensors, b);
      expect(matchCost(costs, candidates, targets)).toBeAllclose(tensors.float32(`cost.${b}`), { atol: 2e-5 });
      const pairs = pairsOf(assigner.assign(candidates, targets, context));
      expect(pairSet(pairs.candidates, pairs.targets)).toEqual(pairSet(meta.indices[b][0], meta.indices[b][1]));
    }
  });
});

/** Where each output's predictions are stored. */
const prefixes: Record<string, string> = {
  main: '',
  aux_0: 'aux_outputs.0.',
  aux_1: 'aux_outputs.1.',
  pre: 'pre_outputs.',
  enc_0: 'enc_aux_outputs.0.',
};
const trainCases = [
  'deim_dfine_n_160_q100',
  'deim_dfine_n_160_q100_empty_batch',
  'deim_dfine_n_160_q100_nodn',
  'deim_dfine_n_256',
  'deim_dfine_n_256_bneval',
  'deim_rtdetrv2_r18_160',
  'deim_rtdetrv2_r18_160_bneval',
  'deimv2_atto_160',
  'dfine_n_256',
  'rtdetrv2_r18_160',
];

/** Cases without a union set (RT-DETR). */
const noUnion = ['rtdetrv2_r18_160'];
/** Cases that store a part of the predictions only. */
const inPart = ['deim_rtdetrv2_r18_160', 'deim_rtdetrv2_r18_160_bneval', 'dfine_n_256'];

describe('training cases of the official code', () => {
  it.for(trainCases.filter((name) => !noUnion.includes(name)))('gives the same union set in %s', (name, test) => {
    const meta = readJson(reference(test, 'deim', 'train', name, 'meta.json'));
    const go = meta.variants.stable_go?.go_indices ?? meta.go_indices;
    meta.target_counts.forEach((count: number, b: number) => {
      const perOutput = Object.values(meta.matcher_calls as Record<string, { indices: number[][][] }>).map(
        ({ indices }) => {
          const [candidates, targets] = indices[b] as [number[], number[]];
          return fromPairs(meta.num_queries, {
            candidates: Int32Array.from(candidates),
            targets: Int32Array.from(targets),
          });
        },
      );
      const union = pairsOf(unionAssignments(perOutput, count));
      expect(pairSet(union.candidates, union.targets), `image ${b}`).toEqual(pairSet(go[b][0], go[b][1]));
    });
  });

  it.for(trainCases.filter((name) => !inPart.includes(name)))('gives the same matches in %s', (name, test) => {
    const folder = reference(test, 'deim', 'train', name);
    const meta = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    for (const [output, { indices }] of Object.entries(meta.matcher_calls as Record<string, { indices: number[][][] }>))
      indices.forEach(([queries, gts], b) => {
        const candidates = candidatesOf(tensors, `out.${prefixes[output]}`, b);
        const pairs = pairsOf(hungarian().assign(candidates, targetsOf(tensors, b), context));
        expect(pairSet(pairs.candidates, pairs.targets), `${output}, image ${b}`).toEqual(pairSet(queries!, gts!));
      });
  });

  it("switches to DEIMv2's cost late in the run", (test) => {
    const folder = reference(test, 'deim', 'train', 'deimv2_atto_160');
    const meta = readJson(path.join(folder, 'meta.json'));
    const tensors = readTensors(path.join(folder, 'tensors.safetensors'));
    const assigner = switching({
      before: hungarian(),
      after: hungarian({ costs: [iouPowerCost()] }),
      at: { epoch: 450 },
    });
    for (const [epoch, expected] of [
      [449, meta.matcher_calls.main.indices],
      [460, meta.variants.change_matcher_epoch460.matcher_indices_main],
    ])
      expected.forEach(([queries, gts]: number[][], b: number) => {
        const pairs = pairsOf(
          assigner.assign(candidatesOf(tensors, 'out.', b), targetsOf(tensors, b), { ...context, epoch }),
        );
        expect(pairSet(pairs.candidates, pairs.targets), `epoch ${epoch}, image ${b}`).toEqual(pairSet(queries!, gts!));
      });
  });
});
