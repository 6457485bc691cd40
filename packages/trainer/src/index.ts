export type { Batch, BatchSource } from './batch.ts';
export { type CalibrateOptions, calibrate } from './calibrate.ts';
export {
  type Best,
  type CallbackOption,
  flattenCallbacks,
  type Json,
  type Metrics,
  type Outcome,
  type Run,
  type StepRecord,
  type TrainerCallback,
} from './callbacks.ts';
export type { Collective } from './collective.ts';
export { type Criterion, createCriterion } from './criterion.ts';
export type { AssignRequest, AssignResult, Share } from './criterion-assign.ts';
export type { CriterionLayout, CriterionPlan, OutputPlan, SetPlan } from './criterion-plan.ts';
export { type EarlyStoppingOptions, earlyStopping } from './early-stopping.ts';
export type { EmaRestart } from './ema-restart.ts';
export { fit } from './fit.ts';
export type { CheckpointPolicy, Evaluate, EvaluationContext, FitOptions, FitResult } from './fit-options.ts';
export { type FreezeRule, freezeParameters } from './freeze.ts';
export { emptyKnownQueries, knownQueriesFor } from './known-queries.ts';
export type { ObjectiveRequest } from './objective.ts';
export type { Profile } from './profile.ts';
export {
  criterionFor,
  type DetectionProgram,
  detectionProgram,
  type ProgramOptions,
  parameterInputs,
  predictionProgram,
  type StepInputs,
  stepInputs,
  weightInputs,
} from './program.ts';
export { breakUp, type SharedMemory, sharedCollective, sharedMemory } from './shared-collective.ts';
export { hasState, loadState, type SavedCounters, type TrainingState } from './state.ts';
export { type TrainStepOptions, type TrainStepResult, trainStep } from './step.ts';
export { type ServeOptions, serveTraining } from './worker.ts';
export { startTrainingWorkers, type TrainingWorkers, type TrainingWorkersOptions } from './workers.ts';
