/**
 * Names for the same kind of object, beyond case and spaces: COCO's word first, then Objects365's (its spelling mistakes included) and
 * Pascal VOC's. COCO's skis and sports ball go with what the official Objects365 transfer of D-FINE and DEIM pairs them with.
 */
const SAME: readonly (readonly string[])[] = [
  ['airplane', 'aeroplane'],
  ['ball', 'sports ball', 'baseball'],
  ['balloon', 'ballon'],
  ['basket', 'bakset'],
  ['billiards', 'billards'],
  ['bird', 'wild bird'],
  ['bowl', 'bowl/basin'],
  ['butterfly', 'buttefly'],
  ['camel', 'campel'],
  ['couch', 'sofa'],
  ['dining table', 'dinning table'],
  ['extension cord', 'extention cord'],
  ['hair drier', 'hair dryer'],
  ['handbag', 'handbag/satchel'],
  ['hot air balloon', 'hotair ballon'],
  ['motorcycle', 'motorbike'],
  ['mushroom', 'mushroon'],
  ['noodles', 'noddles'],
  ['orange', 'orange/tangerine'],
  ['skis', 'skating and skiing shoes'],
  ['suitcase', 'luggage'],
  ['table tennis paddle', 'table teniis paddle'],
  ['tape measure/ruler', 'tape measur/ruler'],
  ['teddy bear', 'stuffed toy'],
  ['tv', 'monitor/tv', 'moniter/tv', 'tv monitor', 'television'],
];

/** Letters and digits in lower case: `Wine_Glass`, `wine-glass` and `wineglass` are one name. */
const plain = (name: string): string => name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '');

const groupOf = new Map(SAME.flatMap((names, group) => names.map((name) => [plain(name), group] as const)));

/**
 * Which class of one list each class of another is: per target an index into `sources`, -1 where none means the same.
 *
 * Equal names win over related ones, whatever their case, spaces and punctuation; where several sources fit, the first does.
 *
 * @param sources null stands for a row without a name
 */
export const matchClasses = (sources: readonly (string | null)[], targets: readonly string[]): number[] => {
  const byName = new Map<string, number>();
  const byGroup = new Map<number, number>();
  sources.forEach((name, index) => {
    const key = plain(name ?? '');
    if (key === '') return;
    if (!byName.has(key)) byName.set(key, index);
    const group = groupOf.get(key);
    if (group !== undefined && !byGroup.has(group)) byGroup.set(group, index);
  });
  return targets.map((target) => byName.get(plain(target)) ?? byGroup.get(groupOf.get(plain(target)) ?? -1) ?? -1);
};
