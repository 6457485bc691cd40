import { project } from '@detrain/tooling/vitest';

export default project('dense-o2o');
