import { COCO_CATEGORY_IDS, COCO_CLASSES } from './coco.ts';
import { OBJECTS365_CLASSES } from './objects365.ts';

const byCategory = (): readonly (string | null)[] => {
  const rows: (string | null)[] = Array.from({ length: 91 }, () => null);
  COCO_CATEGORY_IDS.forEach((id, i) => {
    rows[id] = COCO_CLASSES[i] as string;
  });
  return rows;
};

/**
 * The classes that the rows of a published class head stand for, by their number: 80 is COCO, 91 COCO by category id, 365 Objects365 and
 * 366 that by category id. Null in a row that stands for nothing, and for any other number of rows.
 */
export const publishedClasses = (rows: number): readonly (string | null)[] | null => {
  if (rows === COCO_CLASSES.length) return COCO_CLASSES;
  if (rows === 91) return byCategory();
  if (rows === OBJECTS365_CLASSES.length) return OBJECTS365_CLASSES;
  if (rows === OBJECTS365_CLASSES.length + 1) return [null, ...OBJECTS365_CLASSES];
  return null;
};
