import { type GoldenCase, Unsupported } from './case.ts';
import { type Check, createChecks, excess } from './checks.ts';
import { findCases } from './find.ts';
import { replayOf } from './registry.ts';

/** What became of a case. */
export interface Result {
  readonly name: string;
  readonly kind: string;
  readonly status: 'passed' | 'failed' | 'skipped';
  /** The check that is nearest to its tolerance, or farthest over it. */
  readonly worst?: Check;
  /** All checks that failed. */
  readonly failed: readonly Check[];
  /** Number of checks made. */
  readonly checks: number;
  /** Why it was skipped, or what it threw. */
  readonly reason?: string;
  readonly seconds: number;
}

/** Replays one case; never throws. */
export const replayCase = async (golden: GoldenCase): Promise<Result> => {
  const start = performance.now();
  const { name, kind } = golden;
  const checks = createChecks();
  const result = (status: Result['status'], reason?: string): Result => {
    const worst = checks.all.reduce<Check | undefined>((a, b) => (!a || excess(b) > excess(a) ? b : a), undefined);
    return {
      name,
      kind,
      status,
      ...(worst && { worst }),
      ...(reason !== undefined && { reason }),
      failed: checks.all.filter((check) => !(excess(check) <= 1)),
      checks: checks.all.length,
      seconds: (performance.now() - start) / 1000,
    };
  };
  try {
    const replay = await replayOf(kind);
    if (!replay) return result('skipped', `unsupported: nothing replays the kind ${kind}`);
    await replay(golden, checks);
  } catch (error) {
    if (error instanceof Unsupported) return result('skipped', `unsupported: ${error.message}`);
    return result('failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
  if (checks.all.length === 0) return result('failed', 'no check was made');
  return result(checks.all.every((check) => excess(check) <= 1) ? 'passed' : 'failed');
};

export interface ReplayOptions {
  /** Only cases whose name contains this text. */
  readonly only?: string;
  /** Called after each case. */
  readonly onResult?: (result: Result) => void;
}

/** Replays all cases of a folder, one after another. Throws when there is no such folder. */
export const replayFolder = async (
  folder: string,
  { only, onResult }: ReplayOptions = {},
): Promise<readonly Result[]> => {
  const results: Result[] = [];
  for (const golden of findCases(folder)) {
    if (only !== undefined && !golden.name.includes(only)) continue;
    const result = await replayCase(golden);
    results.push(result);
    onResult?.(result);
  }
  return results;
};
