import type { EngineMemory, NodeTime, StepResult } from '@detrain/engine';
import type { ObjectiveRequest } from './objective.ts';
import type { SharedMemory } from './shared-collective.ts';
import type { SharedTensors } from './shared-tensors.ts';

/** A worker's place among the others, and the memory that they share. */
export interface Seat {
  readonly rank: number;
  readonly memory: SharedMemory;
  /** What a step reads. */
  readonly parameters: SharedTensors;
  /** What a step gives, under the same names: gradients and new statistics, of the whole batch. */
  readonly results: SharedTensors;
}

/** What is asked of a worker, one thing at a time, and what it answers. */
export interface Exchange {
  readonly join: { readonly ask: Seat; readonly answer: null };
  readonly step: {
    /** A share of a batch of `batch` images, beginning with image `first`. */
    readonly ask: { readonly request: ObjectiveRequest; readonly first: number; readonly batch: number };
    /** Of the share; tensors lie in the shared results. */
    readonly answer: Pick<StepResult, 'total' | 'terms' | 'seconds'> & {
      readonly gradients: readonly string[];
      readonly updates: readonly string[];
    };
  };
  readonly profile: { readonly ask: null; readonly answer: readonly NodeTime[] };
  readonly memory: { readonly ask: null; readonly answer: EngineMemory };
  readonly end: { readonly ask: null; readonly answer: null };
}

export type Question = keyof Exchange;

/** A question to a worker. */
export type Ask = {
  readonly [kind in Question]: { readonly kind: kind; readonly value: Exchange[kind]['ask'] };
}[Question];
