import type { Index, Problem } from './types.ts';

/**
 * An index with its labels in the order of other class names: what makes a validation split agree with the training one.
 * Classes that are not among the names become problems where objects have them.
 */
export const withClasses = (index: Index, names: readonly string[]): Index => {
  const own = index.classes.map(({ name }) => name);
  if (own.length === names.length && own.every((name, i) => name === names[i])) return index;
  const labelOf = own.map((name) => names.indexOf(name));
  const unknown = new Map<string, number>();
  const images = index.images.map((image) => ({
    ...image,
    objects: image.objects.map((object) => {
      const label = object.label < 0 ? -1 : labelOf[object.label]!;
      if (object.label >= 0 && label < 0) {
        const name = own[object.label]!;
        unknown.set(name, (unknown.get(name) ?? 0) + 1);
      }
      return { ...object, label };
    }),
  }));
  const problems = [...unknown].map(
    ([name, count]): Problem => ({
      severity: 'error',
      kind: 'class-unknown',
      file: '.',
      field: `split ${index.split}`,
      value: `${count} objects of class "${name}"`,
      fix: `use one of ${names.join(', ')}`,
      repair: 'they are left out',
    }),
  );
  // Ids are the file's own where it knows the class; others get free ones.
  const used = new Set(index.classes.map(({ id }) => id));
  let free = 1;
  const freshId = () => {
    while (used.has(free)) free++;
    used.add(free);
    return free;
  };
  const classes = names.map((name) => index.classes.find((c) => c.name === name) ?? { id: freshId(), name });
  return { ...index, images, classes, problems: [...index.problems, ...problems] };
};

/** Findings where splits do not have the same classes in the same order. */
export const checkClasses = (indices: readonly Index[]): Problem[] => {
  const known = indices.filter(({ classes }) => classes.length > 0);
  const first = known[0];
  const list = (index: Index) => index.classes.map(({ id, name }) => `${id} ${name}`).join(', ');
  return known.slice(1).flatMap((index): Problem[] =>
    list(index) === list(first!)
      ? []
      : [
          {
            severity: 'error',
            kind: 'classes-differ',
            file: '.',
            field: `split ${index.split}`,
            value: `${list(index)} here, ${list(first!)} in ${first!.split}`,
            fix: "give all splits the same categories, or open this one with the other's classes",
          },
        ],
  );
};
