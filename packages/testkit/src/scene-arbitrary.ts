import { createRng } from '@detrain/core';
import fc from 'fast-check';
import { pickScene, randomScene, type Scene, type SceneOptions } from './scene.ts';

/** A random scene and the seed of whatever else a property draws. */
export interface SeededScene {
  readonly scene: Scene;
  readonly seed: number;
}

/** Options of `sceneArbitrary`: what scenes are made of, and how large they may be. */
export interface SceneArbitraryOptions extends Pick<SceneOptions, 'numClasses' | 'logits'> {
  /** Most candidates; at least one multiple of `multipleOf` is there. */
  readonly candidates: number;
  /** Most targets; there may be none. */
  readonly targets: number;
  readonly levels?: ((candidates: number) => readonly number[]) | undefined;
  readonly multipleOf?: number;
}

const indices = (count: number) => Int32Array.from({ length: count }, (_, i) => i);

/** All ways to leave out a run of equal length, longest runs first; lengths are multiples of `step`, one run is always kept. */
function* shorter(count: number, step: number, least: number): Generator<Int32Array> {
  for (let length = Math.floor(count / 2 / step) * step; ; length = Math.floor(length / 2 / step) * step) {
    const cut = Math.max(length, step);
    if (count - cut < least) return;
    for (let from = 0; from + cut <= count; from += cut)
      yield indices(count).filter((i) => i < from || i >= from + cut);
    if (cut === step) return;
  }
}

class SceneArbitrary extends fc.Arbitrary<SeededScene> {
  readonly #options: SceneArbitraryOptions;

  constructor(options: SceneArbitraryOptions) {
    super();
    this.#options = options;
  }

  generate(random: fc.Random): fc.Value<SeededScene> {
    const { multipleOf = 1, levels, ...options } = this.#options;
    const seed = random.nextInt(0, 0x7fffffff);
    const rng = createRng(seed);
    const candidates = multipleOf * (1 + rng.int(Math.max(1, Math.floor(options.candidates / multipleOf))));
    const targets = rng.int(options.targets + 1);
    const split = levels && { levels: levels(candidates) };
    return new fc.Value({ scene: randomScene(rng, { ...options, candidates, targets, ...split }), seed }, undefined);
  }

  canShrinkWithoutContext(_value: unknown): _value is SeededScene {
    return false;
  }

  /** Leaves out candidates or targets. Boxes are not rounded: that would make ties, which break symmetries on their own. */
  shrink({ scene, seed }: SeededScene): fc.Stream<fc.Value<SeededScene>> {
    const { multipleOf = 1, levels } = this.#options;
    const candidates = scene.candidates.boxes.length / 4;
    const targets = scene.targets.labels.length;
    const smaller = function* () {
      for (const kept of shorter(targets, 1, 0)) yield pickScene(scene, indices(candidates), kept);
      for (const kept of shorter(candidates, multipleOf, multipleOf)) {
        const picked = pickScene(scene, kept, indices(targets));
        yield levels ? { ...picked, candidates: { ...picked.candidates, levels: levels(kept.length) } } : picked;
      }
    };
    return fc.stream(smaller()).map((picked) => new fc.Value({ scene: picked, seed }, undefined));
  }
}

/** Random scenes for fast-check, which shrink by leaving out candidates and targets. */
export const sceneArbitrary = (options: SceneArbitraryOptions): fc.Arbitrary<SeededScene> =>
  new SceneArbitrary(options);
