import path from 'node:path';
import { fail, type Image, type Sample } from '@detrain/core';
import { corners, targetsOf } from './boxes.ts';
import { decodeImage } from './decode.ts';
import type { DetectionDataset, GroundTruth, ImageRecord, Index } from './types.ts';

const SIZE_FIX = "correct the declared size, or open the data set with onProblem: 'repair' to trust the file";

/** Throws where an image has another size than its annotation declares, other than by being turned upright. */
const expectDeclaredSize = ({ file, source, width, height, unit }: ImageRecord, image: Image): void => {
  const declared = width > 0 && height > 0 && unit === 'pixel';
  const same = width === image.width && height === image.height;
  const turned = width === image.height && height === image.width;
  if (declared && !same && !turned)
    fail('data', `${file} is ${image.width}x${image.height}`, `${width}x${height}, as ${source} declares`, SIZE_FIX);
};

const groundTruthOf = ({ images, classes, root }: Index): GroundTruth => {
  const used = new Set(images.flatMap((image) => image.objects.map((object) => object.id ?? -1)));
  let fresh = 1;
  const nextId = () => {
    while (used.has(fresh)) fresh++;
    return fresh++;
  };
  const annotations = images.flatMap((image) =>
    image.objects.flatMap((object) => {
      const [x1, y1, x2, y2] = corners(object, image.unit, image.width, image.height);
      // Pixel boxes are scored as the file has them, not clamped, as the COCO evaluation does.
      const bbox = image.unit === 'pixel' ? object.box : ([x1, y1, x2 - x1, y2 - y1] as const);
      if (object.label < 0 || !(bbox[2] > 0 && bbox[3] > 0) || !bbox.every(Number.isFinite)) return [];
      return {
        id: object.id ?? nextId(),
        image_id: image.imageId,
        category_id: classes[object.label]!.id,
        bbox,
        area: object.area ?? bbox[2] * bbox[3],
        iscrowd: object.crowd ? (1 as const) : (0 as const),
      };
    }),
  );
  return {
    images: images.map(({ imageId, width, height, file, federated }) => ({
      id: imageId,
      width,
      height,
      file_name: path.relative(root, file),
      ...federated,
    })),
    annotations,
    categories: classes,
  };
};

/** A data set over an index whose problems are dealt with. */
export const createDataset = (index: Index, splits: readonly string[]): DetectionDataset => {
  const { images, classes, root, format, split, problems } = index;
  const at = (i: number): ImageRecord =>
    images[i] ??
    fail('data', `image ${i} of ${images.length}`, `an index in [0, ${images.length})`, 'check the caller');
  let truth: GroundTruth | undefined;
  return {
    name: `${path.basename(root)}/${split}`,
    path: root,
    format,
    split,
    splits,
    classes: classes.map(({ name }) => name),
    categoryIds: classes.map(({ id }) => id),
    imageIds: images.map(({ imageId }) => imageId),
    length: images.length,
    problems,
    annotations(i) {
      const record = at(i);
      const { id, imageId, file, width, height } = record;
      const crowds = record.objects.filter((object) => object.crowd).length;
      return { id, imageId, file, width, height, crowds, ...targetsOf(record, width, height) };
    },
    async get(i): Promise<Sample> {
      const record = at(i);
      const image = await decodeImage(record.file);
      expectDeclaredSize(record, image);
      const { width, height } = image;
      return { id: record.id, image, targets: targetsOf(record, width, height), originalSize: [width, height] };
    },
    groundTruth: () => (truth ??= groundTruthOf(index)),
  };
};
