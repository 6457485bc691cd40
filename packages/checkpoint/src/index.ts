export { type CopiedRows, classRows, copyClassRows, isClassTensor } from './class-heads.ts';
export {
  isStoredDType,
  type StoredArrays,
  type StoredDType,
  type StoredTensor,
  toHost,
  toStored,
} from './dtypes.ts';
export { type CheckpointError, type CheckpointProblem, isCheckpointError } from './error.ts';
export { type HostContent, readHostTensors, readSafetensors, writeAtomically, writeSafetensors } from './file.ts';
export { type LoadedWeights, type LoadOptions, loadWeights } from './load.ts';
export type { LoadReport } from './load-report.ts';

export { decodeOnnxWeights, type OnnxWeights, readOnnxWeights } from './onnx/read.ts';
export { readPth } from './pth/read-pth.ts';
export { readWeightsFile } from './read-weights.ts';
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent, type TensorsToWrite } from './safetensors.ts';
export { stateDict } from './state-dict.ts';
export type { WeightsFile, WeightsFileOptions, WeightsSource } from './weights-file.ts';
