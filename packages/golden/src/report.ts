import type { Check } from './checks.ts';
import type { Result } from './replay.ts';

const short = (value: number) => (Number.isInteger(value) ? String(value) : value.toExponential(1));
const sayCheck = ({ label, error, tolerance }: Check) => `${label} ${short(error)} (tolerance ${short(tolerance)})`;

/** One case in one line, and its failures below it. */
export const describeResult = (result: Result): string => {
  const { name, status, worst, checks, failed, reason, seconds } = result;
  const time = `${seconds.toFixed(1)} s`;
  if (status === 'skipped') return `skip  ${name}  ${reason}`;
  const word = status === 'passed' ? 'pass' : 'FAIL';
  const found = worst ? `worst ${sayCheck(worst)} of ${checks} checks` : `${checks} checks`;
  const lines = [`${word}  ${name}  ${found}, ${time}`];
  if (status === 'failed') {
    for (const check of failed.slice(0, 12)) lines.push(`        ${sayCheck(check)}`);
    if (failed.length > 12) lines.push(`        and ${failed.length - 12} more`);
    if (reason) lines.push(`        ${reason.split('\n').slice(0, 6).join('\n        ')}`);
  }
  return lines.join('\n');
};

/** The last line. */
export const summarize = (results: readonly Result[]): string => {
  const count = (status: Result['status']) => results.filter((result) => result.status === status).length;
  return `${count('passed')} passed, ${count('failed')} failed, ${count('skipped')} skipped`;
};
