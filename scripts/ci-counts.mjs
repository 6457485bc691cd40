// Prints `passed failed` from vitest's JSON report. Where the reference data is present, a skipped test counts as failed.
import { existsSync, readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const strict = existsSync(process.env.DETRAIN_REFERENCE ?? '');
const tests = report.testResults.flatMap((file) => file.assertionResults);
const skipped = tests.filter(({ status }) => status !== 'passed' && status !== 'failed');
// A file that fails before any of its tests is reported without tests.
const broken = report.testResults.filter((file) => file.status === 'failed' && !file.assertionResults.length);
for (const { fullName } of strict ? skipped : []) console.error(`skipped, which counts as a failure here: ${fullName}`);
for (const { name, message } of broken) console.error(`${name}: ${message}`);
const failed = tests.filter(({ status }) => status === 'failed').length + (strict ? skipped.length : 0) + broken.length;
const passed = tests.filter(({ status }) => status === 'passed').length;
console.log(passed, passed ? failed : failed + 1);
