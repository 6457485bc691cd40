import { library } from '@detrain/tooling/tsup';

export default library({ entry: ['src/index.ts', 'src/heap.ts'] });
