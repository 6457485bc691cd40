import { project } from '@detrain/tooling/vitest';

export default project('positive-queries');
