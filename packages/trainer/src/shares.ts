import { fail, type HostTensor, type KnownQueries } from '@detrain/core';
import type { ObjectiveRequest } from './objective.ts';

/** Images `first` to `first + count` of a batch. */
export interface Span {
  readonly first: number;
  readonly count: number;
}

/**
 * The shares of a batch, in order: as equal as can be, the first ones larger by an image where they cannot.
 * Throws where there are fewer images than shares.
 */
export const spansOf = (batch: number, shares: number): readonly Span[] => {
  if (batch < shares)
    fail(
      'trainer',
      `a batch of ${batch} for ${shares} workers`,
      'At least one image each is wanted',
      'Make batches larger, or take fewer workers',
    );
  return Array.from({ length: shares }, (_, i) => {
    const first = i * Math.floor(batch / shares) + Math.min(i, batch % shares);
    return { first, count: Math.floor((batch + shares - 1 - i) / shares) };
  });
};

const knownOf = (known: KnownQueries, { first, count }: Span): KnownQueries => {
  const [from, to] = [first * known.count, (first + count) * known.count];
  return {
    ...known,
    labels: known.labels.slice(from, to),
    boxes: known.boxes.slice(4 * from, 4 * to),
    assignments: known.assignments.slice(first, first + count),
  };
};

const imagesOf = ({ shape: [, ...rest], dtype, data }: HostTensor, { first, count }: Span): HostTensor => {
  const each = rest.reduce((size, extent) => size * extent, 1);
  return { shape: [count, ...rest], dtype, data: data.slice(first * each, (first + count) * each) };
};

/** A share of what an objective is computed from, in arrays of its own. */
export const shareOf = (request: ObjectiveRequest, span: Span): ObjectiveRequest => ({
  ...request,
  images: imagesOf(request.images, span),
  targets: request.targets.slice(span.first, span.first + span.count),
  known: request.known && knownOf(request.known, span),
});
