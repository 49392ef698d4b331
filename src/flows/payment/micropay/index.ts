export {
  type MicropayOptions,
  micropay,
  micropayOutcome,
  resumeMicropay,
  reverseMicropay,
} from './micropay.ts'
export { MicropayError } from './run.ts'
export type {
  MicropayName,
  MicropayOrder,
  MicropayOutcome,
  MicropayPaid,
  MicropayPaying,
  MicropayRefusal,
  MicropayRefused,
  MicropayReversed,
  MicropayReversing,
  MicropayState,
  MicropayTransaction,
  MicropayUnknown,
  MicropayWaiting,
  ReversalReason,
} from './state.ts'
