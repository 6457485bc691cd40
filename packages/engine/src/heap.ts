/**
 * Memory that the C library keeps instead of handing it back to the system. Apart from the main entry, because commands ask before they
 * load anything else.
 *
 * @module
 */

/**
 * A value of the variable GLIBC_TUNABLES under which glibc keeps freed memory of any size, for sessions and JavaScript alike: no block is
 * mapped by itself, the heap is not trimmed, it grows by 100 MB at once, in huge pages where the system gives them. Read when a process
 * starts (GNU C Library manual, Memory Allocation Tunables).
 */
export const KEPT_HEAP = [
  'glibc.malloc.mmap_threshold=1000000000',
  'glibc.malloc.trim_threshold=4000000000',
  'glibc.malloc.top_pad=100000000',
  'glibc.malloc.hugetlb=1',
].join(':');

/** Older versions refuse a threshold above 32 MB, and then map every block of 128 KB by itself. */
const OLDEST = [2, 35] as const;
/** Bytes that both thresholds must reach for a heap to count as kept. */
const KEPT = 2 ** 28;

/** The C library's version, `2.35`; undefined on musl and where it is another. Takes some milliseconds. */
export const glibcVersion = (): string | undefined => {
  if (process.platform !== 'linux') return undefined;
  const report = process.report as typeof process.report & { excludeNetwork: boolean };
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // Or it looks up the names of hosts that the process is connected to.
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime;
};

/** Whether the C library understands {@link KEPT_HEAP}: on Linux, glibc from 2.35 on. */
export const canKeepHeap = (version = glibcVersion()): boolean => {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  return major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
};

/** Whether these settings (by default those of this process) keep freed memory of any size. */
export const keepsHeap = (tunables = process.env['GLIBC_TUNABLES'], able: () => boolean = canKeepHeap): boolean => {
  const settings = (tunables ?? '').split(':').map((setting) => setting.split('='));
  const kept = (name: string) =>
    settings.some(([key, value]) => key === `glibc.malloc.${name}` && Number(value) >= KEPT);
  return kept('mmap_threshold') && kept('trim_threshold') && able();
};
