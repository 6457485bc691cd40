/**
 * Who must not see whom `[(count + numQueries) ** 2]`, 1 = blocked, row = the one that looks: positive queries and the model's own do not
 * see each other, as in separate decoder passes. Of the positive ones, those from `used` on are padding in every image: they see
 * themselves only and are seen by no other.
 */
export const separateSets = (count: number, used: number, numQueries: number): Uint8Array => {
  const total = count + numQueries;
  const blocked = new Uint8Array(total * total);
  for (let row = 0; row < total; row++) {
    const start = row * total;
    if (row >= count) blocked.fill(1, start, start + count);
    else if (row >= used) blocked.fill(1, start, start + total).fill(0, start + row, start + row + 1);
    else blocked.fill(1, start + used, start + total);
  }
  return blocked;
};

/**
 * Who must not see whom among the positive queries of each image `[batch, count, count]`, 1 = blocked, row = the one that looks: padding is
 * seen by no other and sees itself only (a row without anything to see would give NaN).
 *
 * @param padded 1 for padding `[batch * count]`.
 */
export const paddingMasks = (padded: Uint8Array, count: number): Uint8Array => {
  const blocked = new Uint8Array(padded.length * count);
  for (let row = 0; row < padded.length; row++) {
    const first = row - (row % count);
    for (let column = 0; column < count; column++)
      if (first + column !== row && (padded[row] || padded[first + column])) blocked[row * count + column] = 1;
  }
  return blocked;
};
