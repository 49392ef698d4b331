export {
  type Difference,
  type ExpectedAmount,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
  findDifferences,
  requireExpected,
  UnexpectedOrderError,
} from '../expectation.ts'
export type { Wait } from '../wait.ts'
export type { NotificationClients } from './clients.ts'
export { type ConfirmOptions, confirmNotification } from './confirm.ts'
export {
  createNotificationHandler,
  type NotificationHandler,
  type NotificationHandlerOptions,
  type PaidNotification,
  type PaidOrder,
} from './handler.ts'
export type {
  AnyNotificationContext,
  BrandNotificationContext,
  NotificationContext,
  NotificationFamily,
  NotificationHandlers,
  Question,
} from './handlers.ts'
export type { NotificationSummary } from './refusal-log.ts'
