import { library } from '@detrain/tooling/tsup';

export default library({ entry: ['src/index.ts', 'src/bin.ts', 'src/training-thread.ts', 'src/loading-thread.ts'] });
