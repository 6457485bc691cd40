import type { DetectionDataset } from '@detrain/data';

/** The first images of a data set. */
export const firstImages = (dataset: DetectionDataset, count: number): DetectionDataset => {
  if (count >= dataset.length) return dataset;
  const imageIds = dataset.imageIds.slice(0, count);
  const kept = new Set(imageIds);
  return {
    ...dataset,
    length: count,
    imageIds,
    groundTruth: () => {
      const truth = dataset.groundTruth();
      return {
        ...truth,
        images: truth.images.filter(({ id }) => kept.has(id)),
        annotations: truth.annotations.filter(({ image_id }) => kept.has(image_id)),
      };
    },
  };
};
