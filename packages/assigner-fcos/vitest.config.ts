import { project } from '@detrain/tooling/vitest';

export default project('assigner-fcos');
