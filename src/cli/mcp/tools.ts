import type { Tool } from './tool.ts'
import { checkMessage } from './tools/check-message.ts'
import { describeEndpoint } from './tools/describe-endpoint.ts'
import { describeNotification } from './tools/describe-notification.ts'
import { doctor } from './tools/doctor.ts'
import { explainSignature } from './tools/explain-signature.ts'
import { findEndpoint } from './tools/find-endpoint.ts'
import { gatewayCall } from './tools/gateway-call.ts'
import { runPayment } from './tools/run-payment.ts'
import { simulateAction, simulateCall } from './tools/simulate.ts'

/** All tools, in the order in which an integration needs them. */
export const TOOLS: readonly Tool[] = [
  findEndpoint,
  describeEndpoint,
  describeNotification,
  explainSignature,
  simulateCall,
  simulateAction,
  runPayment,
  checkMessage,
  doctor,
  gatewayCall,
]
