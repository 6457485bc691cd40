import { type CheckpointError, type CheckpointProblem, checkpointError } from '../error.ts';

/** What to do about a pickle that asks for more than data. */
const RESAVE =
  "Nothing was run. If you trust where it comes from, save its weights alone with PyTorch and read that file: torch.save(torch.load('in.pth', map_location='cpu', weights_only=False)['model'], 'out.pth')";

/** The error for a pickle that wants something executed, by name. */
export const refused = (code: 'refused-opcode' | 'refused-global' | 'refused-call', what: string): CheckpointError =>
  checkpointError(code, `refused ${what}`, 'tensors, numbers, text and plain containers', RESAVE);

/** The error for a pickle that contradicts itself. */
export const broken = (seen: string, wanted: string, code: CheckpointProblem = 'bad-pickle'): CheckpointError =>
  checkpointError(code, seen, wanted);
