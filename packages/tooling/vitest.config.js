import { project } from './vitest.js';

export default project('tooling');
