import { library } from '@detrain/tooling/tsup';

export default library();
