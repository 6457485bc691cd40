export {
  isStoredDType,
  type StoredArrays,
  type StoredDType,
  type StoredTensor,
  toHost,
  toStored,
} from './dtypes.ts';
export { isSafetensorsError, type SafetensorsError, type SafetensorsProblem } from './error.ts';
export { type HostContent, readHostTensors, readSafetensors, writeAtomically, writeSafetensors } from './file.ts';
export { type LoadedWeights, type LoadOptions, type LoadReport, loadWeights } from './load.ts';
export { decodeSafetensors, encodeSafetensors, type SafetensorsContent, type TensorsToWrite } from './safetensors.ts';
