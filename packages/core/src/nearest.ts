/** Edits (insert, drop, change, swap of neighbours) between two words. */
const distance = (a: string, b: string): number => {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const above = rows[i - 1] as number[];
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((above[j] as number) + 1, (row[j - 1] as number) + 1, (above[j - 1] as number) + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (rows[i - 2]?.[j - 2] as number) + 1);
      row.push(best);
    }
    rows.push(row);
  }
  return rows[a.length]?.[b.length] as number;
};

const plain = (word: string) => word.toLowerCase().replaceAll(/[-_]/g, '');

/** The known word that a mistyped one most likely means, or null when none is near. Case and dashes do not count. */
export const nearest = (word: string, known: readonly string[]): string | null => {
  let best: string | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const [a, b] = [plain(word), plain(candidate)];
    const d = a.length > 2 && (b.startsWith(a) || a.startsWith(b)) ? Math.min(1, distance(a, b)) : distance(a, b);
    if (d < least) [least, best] = [d, candidate];
  }
  return least <= Math.max(2, Math.floor(word.length / 3)) ? best : null;
};
