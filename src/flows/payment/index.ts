export { MicropayError, type MicropayOptions, micropay, micropayOutcome } from './micropay.ts'
export type {
  MicropayOrder,
  MicropayOutcome,
  MicropayPaid,
  MicropayPaying,
  MicropayRefused,
  MicropayReversed,
  MicropayReversing,
  MicropayState,
  MicropayTransaction,
  MicropayUnknown,
  MicropayWaiting,
  ReversalReason,
} from './micropay-state.ts'
export type { Wait } from './wait.ts'
