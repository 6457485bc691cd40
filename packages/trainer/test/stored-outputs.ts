import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readHostTensors } from '@detrain/checkpoint';
import { type Assignment, BACKGROUND, type HostTensor, type KnownQueries, type Targets } from '@detrain/core';
import type { GroupOutput, Predictions } from '@detrain/core/tensors';
import * as tf from '@tensorflow/tfjs';

/** The folder of a reference training case, or undefined where there is no reference data. */
const folderOf = (name: string): string | undefined => {
  const root = process.env['DETRAIN_REFERENCE'];
  const folder = root ? path.join(root, 'golden/deim/train', name) : '';
  return folder && existsSync(folder) ? folder : undefined;
};

/** A reference training case with the outputs that the official model gave; null without reference data. */
export const storedCase = (name: string) => {
  const folder = folderOf(name);
  if (!folder) return null;
  const meta = JSON.parse(readFileSync(path.join(folder, 'meta.json'), 'utf8'));
  const { tensors } = readHostTensors(path.join(folder, 'tensors.safetensors'));
  const get = (key: string): HostTensor => {
    const tensor = tensors[key];
    if (!tensor) throw new Error(`no tensor ${key} in ${name}`);
    return tensor;
  };
  const targets: Targets[] = meta.target_counts.map((_: number, i: number) => ({
    boxes: get(`target.${i}.boxes`).data as Float32Array,
    labels: get(`target.${i}.labels`).data as Int32Array,
  }));

  const predictions = (prefix: string): Predictions | undefined => {
    const part = (key: string) => {
      const stored = tensors[`${prefix}.${key}`];
      return stored ? tf.tensor3d(stored.data as Float32Array, stored.shape as [number, number, number]) : undefined;
    };
    const [logits, boxes, corners, reference] = ['pred_logits', 'pred_boxes', 'pred_corners', 'ref_points'].map(part);
    if (!logits || !boxes) return undefined;
    return { logits, boxes, ...(corners && { corners }), ...(reference && { reference }) };
  };
  const several = (prefix: string): Predictions[] => {
    const all: Predictions[] = [];
    for (let i = 0; ; i++) {
      const one = predictions(`${prefix}.${i}`);
      if (!one) return all;
      all.push(one);
    }
  };

  /** The outputs as a detector gives them; call inside tf.tidy. */
  const groups = (): GroupOutput[] => {
    const constants = { regMax: 32, regScale: 4 };
    const pre = predictions('out.pre_outputs');
    const encoder = predictions('out.enc_aux_outputs.0');
    // D-FINE and RT-DETR call it differently.
    const known = [...several('out.dn_outputs'), ...several('out.dn_aux_outputs')];
    const knownPre = predictions('out.dn_pre_outputs');
    const layers = [...several('out.aux_outputs'), predictions('out') as Predictions];
    return [
      { name: 'main', layers, ...(pre && { pre }), ...(encoder && { encoder }), ...constants },
      ...(known.length ? [{ name: 'denoising', layers: known, ...(knownPre && { pre: knownPre }), ...constants }] : []),
    ];
  };

  /** The denoising queries as the criterion sees them: their assignments only. */
  const known = (): KnownQueries | null => {
    if (!meta.dn_num_split) return null;
    const count: number = meta.dn_num_split[0];
    const assignments: Assignment[] = targets.map(({ labels }, image) => {
      const targetOf = new Int32Array(count).fill(BACKGROUND);
      (get(`dn.positive_idx.${image}`).data as Int32Array).forEach((query, k) => {
        targetOf[query] = k % labels.length;
      });
      return { targetOf };
    });
    const empty = { labels: new Int32Array(0), boxes: new Float32Array(0), blocked: new Uint8Array(0) };
    return { name: 'denoising', count, groups: meta.dn_num_group, assignments, ...empty };
  };
  return { meta, tensors, targets, groups, known };
};
