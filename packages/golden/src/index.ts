export { findCases } from './find.ts';
export { type Result, replayCase, replayFolder } from './replay.ts';
export { describeResult, summarize } from './report.ts';
