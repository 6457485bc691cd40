import { type AnchorSet, anchorGrid, levelSizes, octaveScales, pointGrid } from '@detrain/anchors';
import { type Candidates, fromPixelCorners, type PixelSize } from '@detrain/core';
import { userError } from '../../errors.ts';
import { predictionsOf, type Recording } from './recording.ts';
import type { CandidateSource, FixedCandidates } from './types.ts';

/** Strides of P3 to P7, in pixels. */
const STRIDES = [8, 16, 32, 64, 128];

const fractions = ({ boxes, levels }: AnchorSet, size: PixelSize): FixedCandidates => ({
  boxes: fromPixelCorners(boxes, size),
  levels,
});

const sizesOf = ([width, height]: PixelSize, strides: readonly number[]) => levelSizes(height, width, strides);

/** ATSS: one square of 8 strides at each location. */
export const squareAnchors = (size: PixelSize): FixedCandidates =>
  fractions(anchorGrid({ strides: STRIDES }).generate(sizesOf(size, STRIDES)), size);

/** RetinaNet: three scales an octave, three ratios. */
export const retinaAnchors = (size: PixelSize): FixedCandidates => {
  const grid = anchorGrid({ strides: STRIDES, scales: octaveScales(4, 3), ratios: [0.5, 1, 2] });
  return fractions(grid.generate(sizesOf(size, STRIDES)), size);
};

/** Faster R-CNN's proposals on P2 to P6: one scale, three ratios. */
export const rpnAnchors = (size: PixelSize): FixedCandidates => {
  const strides = [4, 8, 16, 32, 64];
  return fractions(anchorGrid({ strides, ratios: [0.5, 1, 2] }).generate(sizesOf(size, strides)), size);
};

/** FCOS: squares of one stride around the points. */
export const points = (size: PixelSize): FixedCandidates =>
  fractions(pointGrid({ strides: STRIDES }).squares(sizesOf(size, STRIDES)), size);

/** Deformable DETR's proposals, which DETA compares by: a square a location, 5 % of the image wide, twice that on each further level. */
export const proposalAnchors = (size: PixelSize): FixedCandidates => {
  const levels = pointGrid({ strides: STRIDES.slice(0, 4) }).generate(sizesOf(size, STRIDES.slice(0, 4)));
  const boxes = new Float32Array(2 * levels.points.length);
  let at = 0;
  levels.levels.forEach((count, level) => {
    const side = 0.05 * 2 ** level;
    for (let i = 0; i < count; i++, at++)
      boxes.set(
        [(levels.points[2 * at] as number) / size[0], (levels.points[2 * at + 1] as number) / size[1], side, side],
        4 * at,
      );
  });
  return { boxes, levels: levels.levels };
};

const FIXED = { anchors: squareAnchors, points };

/** Makes each image's candidates; those that do not depend on the image are made once. */
export const candidatesFor = (
  source: CandidateSource,
  { inputSize, numClasses }: { readonly inputSize: PixelSize; readonly numClasses: number },
): ((recording: Recording | null, output: string, id: string) => Candidates) => {
  if (source !== 'queries' && source !== 'starts') {
    const make = typeof source === 'function' ? source : FIXED[source];
    const fixed = { ...make(inputSize), numClasses };
    return () => fixed;
  }
  return (recording, output, id) => {
    if (!recording)
      throw userError('It chooses among predictions, and there are none. Name a run, --weights or --predictions.');
    const starts = recording.outputs.has('encoder') ? predictionsOf(recording, 'encoder', id) : null;
    if (source === 'queries') {
      const found = predictionsOf(recording, output, id);
      const priors = output !== 'encoder' && starts?.boxes.length === found.boxes.length ? starts.boxes : undefined;
      return { ...found, ...(priors && { priors }), numClasses };
    }
    if (!starts)
      throw userError(
        `It compares the boxes that queries start from, the output encoder. The predictions have ${[...recording.outputs.keys()].join(', ')}.`,
      );
    return { ...starts, numClasses };
  };
};
