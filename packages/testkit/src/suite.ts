import { type Assigner, createRng, pairsOf } from '@detrain/core';
import fc from 'fast-check';
import type { AssignerPromises } from './promises.ts';
import { assignContext, randomScene, type Scene } from './scene.ts';
import { sceneArbitrary } from './scene-arbitrary.ts';
import { sceneText } from './scene-text.ts';
import { problemsOf } from './well-formed.ts';

/** What is wrong with an assigner's answer to a scene; empty where nothing is. `seed` is for whatever the property draws. */
export type Property = (given: Scene, seed: number) => readonly string[];

/** One promise and its check. */
export interface Check {
  /** What is promised, as a statement. */
  readonly promise: string;
  /** Throws where the promise is broken, with the smallest scene found to break it. */
  run(): void;
}

/** What the checks of one assigner share. */
export interface Suite {
  readonly make: () => Assigner;
  readonly promises: AssignerPromises;
  readonly numClasses: number;
  /** A random scene as the promises describe it; the number of candidates is rounded up to a multiple. */
  scene(seed: number, candidates: number, targets: number): Scene;
  /** What is wrong with a new assigner's assignment in itself. */
  problems(given: Scene): readonly string[];
  /** The pairs of a new assigner, as sorted `candidate-target` strings. */
  pairs(given: Scene): readonly string[];
  /** The check that the assigner keeps a promise in these scenes; without a property, that assignments are well-formed. */
  inScenes(promise: string, scenes: () => readonly Scene[], property?: Property): Check;
  /** The check that the assigner keeps a promise in random scenes, the same ones each time. */
  inRandomScenes(promise: string, property: Property, options?: RandomSceneOptions): Check;
}

/** Options of `inRandomScenes`. */
interface RandomSceneOptions {
  readonly candidates?: number;
  readonly targets?: number;
  /** What to do where the rule cannot keep this promise. */
  readonly way?: string;
}

/** Random scenes a property where nothing else is said. */
const RUNS = 1000;

/** The shared part of a suite. */
export const createSuite = (make: () => Assigner, promises: AssignerPromises): Suite => {
  const { numClasses = 4, logits = true, levels, multipleOf = 1 } = promises;
  const { runs = Number(process.env['DETRAIN_TESTKIT_RUNS'] ?? RUNS) } = promises;
  const { name } = make();

  const problems: Suite['problems'] = (given) => {
    const assigner = make();
    return problemsOf(assigner.assign(given.candidates, given.targets, assignContext()), given, assigner);
  };

  /** A property's findings; what the assigner throws is one of them. */
  const findings = (property: Property, given: Scene, seed: number): readonly string[] => {
    try {
      return property(given, seed);
    } catch (error) {
      if (!(error instanceof Error)) return [`it threw ${String(error)}`];
      return [error.name === 'AssertionError' ? error.message : `it threw ${error.stack ?? error.message}`];
    }
  };

  const refuse = (promise: string, found: readonly string[], where: string, given: Scene, way = ''): never => {
    const lines = [
      `${name} breaks the promise "${promise}":`,
      ...found.map((text) => `- ${text}`),
      where,
      sceneText(given),
      way,
    ];
    throw new Error(`testkit: ${lines.filter((line) => line !== '').join('\n')}`);
  };

  return {
    make,
    promises,
    numClasses,
    problems,
    scene: (seed, atLeast, targets) => {
      const candidates = Math.ceil(atLeast / multipleOf) * multipleOf;
      const split = levels && { levels: levels(candidates) };
      return randomScene(createRng(seed), { candidates, targets, numClasses, logits, ...split });
    },
    pairs: (given) => {
      const { candidates, targets } = pairsOf(make().assign(given.candidates, given.targets, assignContext()));
      return Array.from(candidates, (i, k) => `${i}-${targets[k]}`).sort();
    },
    inScenes: (promise, scenes, property = problems) => ({
      promise,
      run: () => {
        for (const given of scenes()) {
          const found = findings(property, given, 0);
          if (found.length > 0) refuse(promise, found, 'The scene:', given);
        }
      },
    }),
    inRandomScenes: (promise, property, { candidates = 24, targets = 10, way } = {}) => ({
      promise,
      run: () => {
        const scenes = sceneArbitrary({ candidates, targets, numClasses, logits, levels, multipleOf });
        const { failed, counterexample, numRuns } = fc.check(
          fc.property(scenes, ({ scene, seed }) => findings(property, scene, seed).length === 0),
          { seed: 7, numRuns: runs },
        );
        if (!failed || !counterexample) return;
        const [{ scene, seed }] = counterexample;
        const where = `Random scene ${numRuns} of ${runs}, made smaller (seed ${seed}):`;
        refuse(promise, findings(property, scene, seed), where, scene, way);
      },
    }),
  };
};
