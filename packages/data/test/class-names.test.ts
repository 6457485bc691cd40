import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COCO_CATEGORY_IDS, COCO_CLASSES, matchClasses, OBJECTS365_CLASSES, publishedClasses } from '../src/index.ts';

/** Per COCO class the Objects365 class, as the official transfer of D-FINE and DEIM pairs them (`_solver.py`, from 0). */
const OFFICIAL = [
  0, 46, 5, 58, 114, 55, 116, 65, 21, 40, 176, 127, 249, 24, 56, 139, 92, 78, 99, 96, 144, 295, 178, 180, 38, 39, 13,
  43, 120, 219, 148, 173, 165, 154, 137, 113, 145, 146, 204, 8, 35, 10, 88, 84, 93, 26, 112, 82, 265, 104, 141, 152,
  234, 143, 150, 97, 2, 50, 25, 75, 98, 153, 37, 73, 115, 132, 106, 61, 163, 134, 277, 81, 133, 18, 94, 30, 169, 70,
  328, 226,
];

describe('class names', () => {
  it('are as many as published, each once', () => {
    expect([COCO_CLASSES.length, new Set(COCO_CLASSES).size]).toEqual([80, 80]);
    expect([OBJECTS365_CLASSES.length, new Set(OBJECTS365_CLASSES).size]).toEqual([365, 365]);
    expect([COCO_CATEGORY_IDS[0], COCO_CATEGORY_IDS[11], COCO_CATEGORY_IDS[79], COCO_CATEGORY_IDS.length]).toEqual([
      1, 13, 90, 80,
    ]);
  });

  it('say what the rows of published heads stand for', () => {
    expect(publishedClasses(80)).toEqual(COCO_CLASSES);
    expect(publishedClasses(365)).toEqual(OBJECTS365_CLASSES);
    const byCategory = publishedClasses(91) ?? [];
    expect([byCategory.length, byCategory[0], byCategory[1], byCategory[12], byCategory[90]]).toEqual([
      91,
      null,
      'person',
      null,
      'toothbrush',
    ]);
    expect(byCategory.filter((name) => name !== null)).toEqual(COCO_CLASSES);
    const numbered = publishedClasses(366) ?? [];
    expect([numbered.length, numbered[0], numbered[1]]).toEqual([366, null, 'Person']);
    expect(publishedClasses(3)).toBeNull();
  });
});

describe('matchClasses', () => {
  it('pairs COCO with the 366 rows of Objects365 as the official transfer does', () => {
    expect(matchClasses(publishedClasses(366) ?? [], COCO_CLASSES)).toEqual(OFFICIAL.map((id) => id + 1));
    expect(matchClasses(OBJECTS365_CLASSES, COCO_CLASSES)).toEqual(OFFICIAL);
  });

  it('pairs Objects365 with the rows of COCO as the official transfer does', () => {
    expect(matchClasses(COCO_CLASSES, OBJECTS365_CLASSES)).toEqual(
      OBJECTS365_CLASSES.map((_, index) => OFFICIAL.indexOf(index)),
    );
  });

  it('knows the mistakes of the published Objects365 file and the words of Pascal VOC', () => {
    expect(matchClasses(OBJECTS365_CLASSES, ['Moniter/TV', 'Bakset', 'Table Teniis paddle', 'Dinning Table'])).toEqual(
      ['Monitor/TV', 'Basket', 'Table Tennis Paddle', 'Dining Table'].map((name) => OBJECTS365_CLASSES.indexOf(name)),
    );
    const voc = ['aeroplane', 'diningtable', 'motorbike', 'pottedplant', 'sofa', 'tvmonitor'];
    expect(matchClasses(COCO_CLASSES, voc).map((row) => COCO_CLASSES[row])).toEqual([
      'airplane',
      'dining table',
      'motorcycle',
      'potted plant',
      'couch',
      'tv',
    ]);
  });

  it('prefers equal names, takes the first of several, and leaves nameless rows alone', () => {
    expect(matchClasses(['sofa', 'couch'], ['Couch', 'sofa', 'SOFA '])).toEqual([1, 0, 0]);
    expect(matchClasses(['a', 'A'], ['a'])).toEqual([0]);
    expect(matchClasses([null, '', 'cell'], ['', '-', 'cell'])).toEqual([-1, -1, 2]);
  });

  it('finds every name again whatever its case and separators, in any order', () => {
    const spoilt = fc.tuple(fc.boolean(), fc.constantFrom(' ', '_', '-', ''));
    fc.assert(
      fc.property(
        fc.shuffledSubarray([...COCO_CLASSES], { minLength: 1 }),
        fc.array(spoilt, { minLength: 80, maxLength: 80 }),
        (names, changes) => {
          const typed = names.map((name, i) => {
            const [upper, separator] = changes[i] as [boolean, string];
            const words = name.replaceAll(' ', separator);
            return upper ? words.toUpperCase() : words;
          });
          expect(matchClasses(names, typed)).toEqual(names.map((_, i) => i));
        },
      ),
    );
  });
});
