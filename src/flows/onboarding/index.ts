export type { Wait } from '../wait.ts'
export { type ApplymentBodies, type Applyments, queryApplyment } from './applyment.ts'
export { uploadFiles, type WithFiles } from './files.ts'
export { cancelApplyment, replaceApplyment } from './replace.ts'
export {
  type ApplymentAction,
  type ApplymentKind,
  type ApplymentStage,
  type ApplymentStates,
  stageOf,
} from './stages.ts'
export { type SubmitOptions, type Submitted, submitApplyment } from './submit.ts'
export { type ApplymentChange, type WatchOptions, watchApplyment } from './watch.ts'
