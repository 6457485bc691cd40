import { library } from '@detrain/tooling/tsup';

export default library({ entry: ['src/index.ts', 'src/tensors.ts', 'src/threads.ts', 'src/wasm.ts'] });
