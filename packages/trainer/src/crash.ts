import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { writeSafetensors } from '@detrain/checkpoint';
import type { HostTensor } from '@detrain/core';
import type { Batch } from './batch.ts';
import { writeJson } from './state.ts';

/** A step that gave something that is not a finite number. */
export interface NonFiniteStep {
  readonly epoch: number;
  readonly step: number;
  /** The first term, or `gradient`, that is not finite. */
  readonly culprit: string;
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly gradientNorm: number;
}

/** JSON turns NaN and the infinities into null, which would hide what this file is for. */
const spelled = (value: unknown): unknown =>
  typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;

/** Writes the batch and the weights of a step that went wrong, so that it can be looked at. Gives the folder. */
export const saveCrash = (
  folder: string,
  found: NonFiniteStep,
  batch: Batch,
  parameters: ReadonlyMap<string, HostTensor>,
): string => {
  const target = path.join(folder, 'crash', `step-${String(found.step).padStart(8, '0')}`);
  mkdirSync(target, { recursive: true });
  const description = {
    ...found,
    terms: Object.fromEntries(Object.entries(found.terms).map(([name, value]) => [name, spelled(value)])),
    images: batch.ids.map((id, i) => ({
      id,
      size: batch.sizes[i],
      labels: [...(batch.targets[i]?.labels ?? [])],
      boxes: [...(batch.targets[i]?.boxes ?? [])].map(spelled),
    })),
  };
  writeJson(path.join(target, 'step.json'), JSON.parse(JSON.stringify(description, (_, value) => spelled(value))));
  writeSafetensors(path.join(target, 'batch.safetensors'), { images: batch.images });
  writeSafetensors(path.join(target, 'parameters.safetensors'), Object.fromEntries(parameters));
  return target;
};
