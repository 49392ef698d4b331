import type { AccountType } from '../accounts/funds.ts'
import type { MicropayResult } from '../accounts/orders/micropay.ts'
import type { RefundResult } from '../accounts/orders/refunds.ts'
import type { ApplymentResult } from '../accounts/verification/applyments.ts'
import type { FaultRule } from '../fault/rule.ts'
import type { KeySwitchStage } from '../keys/platform.ts'
import type { NotificationRequest } from '../notification/control.ts'
import type { Simulator } from '../simulator.ts'
import { ROUTES as V2_ROUTES } from '../v2/routes.ts'
import { ROUTES as V3_ROUTES } from '../v3/routes.ts'
import type { OrderNumber, OrderReference } from './control.ts'
import { ControlError, expectedValue, type Field, type Input, type Parameters } from './input.ts'

/** An action of the control API: a method and a path. */
export interface Action {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below {@link CONTROL_PATH}; a placeholder is `{name}`. */
  readonly path: string
  /** Absent: the action validates its input itself. */
  readonly parameters?: Parameters | undefined
  readonly description: string
  /** @returns the value to respond with as JSON; undefined for 204 */
  run(simulator: Simulator, input: Input, pathParameter: string): unknown
}

/** Path of the control API. No path of WeChat Pay begins like it. */
export const CONTROL_PATH = '/simulator'

const TEXT: Field = { kind: 'text' }
const INTEGER: Field = { kind: 'integer' }
const oneOf = (...values: readonly string[]): Field => ({ kind: 'text', values })
const optional = (field: Field): Field => ({ ...field, optional: true })

const ORDER: Parameters = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }
const ANY_ORDER: Parameters = {
  out_trade_no: optional(TEXT),
  prepay_id: optional(TEXT),
  combine_out_trade_no: optional(TEXT),
  sub_mchid: optional(TEXT),
}
const MICROPAY: readonly MicropayResult[] = ['SUCCESS', 'USERPAYING', 'PAYERROR']
const REFUND: readonly RefundResult[] = ['SUCCESS', 'CLOSED', 'ABNORMAL']
const STAGES: readonly KeySwitchStage[] = ['stopped', 'started', 'done']
const ACCOUNTS: readonly AccountType[] = ['BASIC', 'OPERATION', 'FEES']
const AUDIT: readonly ApplymentResult['applyment_state'][] = [
  'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT',
  'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON',
  'APPLYMENT_STATE_PASSED',
  'APPLYMENT_STATE_REJECTED',
  'APPLYMENT_STATE_FREEZED',
]
const NOTIFICATION: Parameters = {
  url: TEXT,
  event: TEXT,
  resource: optional({ kind: 'object' }),
  api: optional(oneOf('v3', 'v2')),
  reference: optional(TEXT),
  original_type: optional(TEXT),
  summary: optional(TEXT),
  sign_type: optional(oneOf('MD5', 'HMAC-SHA256')),
}

type Run = Action['run']
const get = (path: string, description: string, run: Run): Action => ({
  method: 'GET',
  path,
  parameters: {},
  description,
  run,
})
const post = (path: string, parameters: Parameters | undefined, description: string, run: Run): Action => ({
  method: 'POST',
  path,
  parameters,
  description,
  run,
})
const remove = (path: string, description: string, run: Run): Action => ({
  method: 'DELETE',
  path,
  parameters: {},
  description,
  run,
})

export const ACTIONS: readonly Action[] = [
  get('', 'Shows the merchant, example numbers, and this list.', describeSimulator),
  get(
    '/journal',
    'Lists the last 200 requests: the signed text, the verdict on the signature, the response.',
    sim => sim.journal,
  ),

  post(
    '/pay',
    ANY_ORDER,
    'Pays an order as the shopper, or confirms a payment by code. One of the three numbers names the order.',
    pay,
  ),
  post(
    '/fail',
    ORDER,
    "Refuses the payment as the shopper's bank: a payment by code fails, any other order can still be paid.",
    (sim, input) => sim.fail(orderNumber(input)),
  ),
  post('/cancel', ORDER, 'Gives up the payment as the shopper.', (sim, input) => sim.cancel(orderNumber(input))),
  get('/orders/{out_trade_no}', 'Shows an order, with its encrypted fields in plain text.', (sim, _, number) =>
    requireFound(sim.order(number), 'order', number),
  ),
  get('/combined-orders/{combine_out_trade_no}', 'Shows a combined order.', (sim, _, number) =>
    requireFound(sim.combinedOrder(number), 'combined order', number),
  ),
  post('/next-micropay', { result: oneOf(...MICROPAY) }, 'Sets the result of the next payment by code.', (sim, input) =>
    sim.nextMicropay(input.result),
  ),
  post('/next-reverse', { recalls: INTEGER }, 'Makes that many reversals respond with recall Y first.', (sim, input) =>
    sim.nextReverse(input.recalls),
  ),

  get('/refunds/{out_refund_no}', 'Shows a refund without settling it.', (sim, _, number) =>
    requireFound(sim.refund(number), 'refund', number),
  ),
  post(
    '/refund-result',
    { out_refund_no: TEXT, result: oneOf(...REFUND), sub_mchid: optional(TEXT) },
    'Sets the result of a refund that is being processed.',
    (sim, input) => sim.refundResult(input.out_refund_no, input.result, input.sub_mchid),
  ),

  get('/transfers/{out_bill_no}', 'Shows a transfer.', (sim, _, number) =>
    requireFound(sim.transfer(number), 'transfer', number),
  ),
  post('/confirm-transfer', { out_bill_no: TEXT }, 'Accepts a transfer as the shopper.', (sim, input) =>
    sim.confirmTransfer(input.out_bill_no),
  ),
  post(
    '/fail-transfer',
    { out_bill_no: TEXT, fail_reason: optional(TEXT) },
    'Fails a transfer that waits for the shopper.',
    (sim, input) => sim.failTransfer(input.out_bill_no, input.fail_reason),
  ),
  get('/balance', "Shows the balances of the merchant's accounts.", sim =>
    Object.fromEntries(ACCOUNTS.map(type => [type, sim.balance(type)])),
  ),
  post(
    '/fund',
    { fen: INTEGER, type: optional(oneOf(...ACCOUNTS)) },
    "Pays into the merchant's account, by default OPERATION, or out of it when negative.",
    (sim, input) => sim.fund(input.fen, input.type),
  ),

  post(
    '/applyment-result',
    {
      business_code: TEXT,
      applyment_state: oneOf(...AUDIT),
      reject_param: optional(TEXT),
      reject_reason: optional(TEXT),
    },
    'Sets the result of the audit of an applyment (商户开户意愿申请单).',
    (sim, { business_code, ...result }) => sim.auditApplyment(business_code, result as ApplymentResult),
  ),

  post(
    '/advance',
    { ms: INTEGER },
    'Moves the clock forward; responds once the work that became due is done.',
    async (sim, input) => {
      await sim.advance(input.ms)
      return { now: sim.now() }
    },
  ),
  post('/settle', {}, 'Responds once all work that is due is done and its notifications are delivered.', async sim => {
    await sim.settled()
    return { now: sim.now() }
  }),
  post('/rotate', {}, 'Adds a platform certificate, which signs from now on.', async sim => ({
    serial: await sim.rotate(),
  })),
  get(
    '/key-switch',
    'Shows the progress of the switch from platform certificates to the public key.',
    sim => sim.keySwitch,
  ),
  post(
    '/key-switch',
    { stage: oneOf(...STAGES), share: optional({ kind: 'number' }) },
    'Moves that switch; once started, the public key signs this share of the notifications, 0 to 1.',
    (sim, { stage, share = sim.keySwitch.share }) => {
      sim.setKeySwitch({ stage, share })
      return sim.keySwitch
    },
  ),

  get('/faults', 'Lists the fault rules, with the requests that each matched and hit.', sim => sim.faults.list()),
  post(
    '/faults',
    undefined,
    'Adds a fault rule: { kind, path, method, api, after, count, probability … }.',
    (sim, rule) => ({
      id: sim.faults.add(rule as FaultRule),
    }),
  ),
  remove('/faults', 'Removes all fault rules.', sim => sim.faults.clear()),
  remove('/faults/{id}', 'Removes a fault rule.', (sim, _, id) => sim.faults.clear(id)),

  get('/notifications', 'Lists the notifications, with their attempts and the responses.', sim => sim.notifications),
  post(
    '/notifications',
    NOTIFICATION,
    "Sends any notification, with a sample resource by default; responds with the merchant's response.",
    (sim, request) => sim.notify.send(request as NotificationRequest),
  ),
  post('/notifications/hold', {}, 'Holds notifications back.', sim => sim.notify.hold()),
  post(
    '/notifications/release',
    { order: optional(oneOf('given', 'reversed')) },
    'Sends the notifications that were held back, the newest first if reversed.',
    (sim, { order }) => sim.notify.release({ order }),
  ),
  post('/notifications/{id}/repeat', {}, 'Sends a notification again.', (sim, _, id) => sim.notify.repeat(id)),
  post(
    '/notifications/{id}/probe',
    {},
    'Sends it with a probe as its signature, which must be refused.',
    (sim, _, id) => sim.notify.probe(id),
  ),
  post('/notifications/{id}/stale', {}, 'Sends it signed ten minutes ago, which must be refused.', (sim, _, id) =>
    sim.notify.stale(id),
  ),
  post('/notifications/{id}/tampered', {}, 'Sends it changed after signing, which must be refused.', (sim, _, id) =>
    sim.notify.tampered(id),
  ),
]

const orderNumber = ({ out_trade_no, sub_mchid }: Input): OrderNumber => ({ out_trade_no, sub_mchid })

function pay(simulator: Simulator, input: Input): unknown {
  const { sub_mchid: _, ...numbers } = input
  if (Object.keys(numbers).length === 1) return simulator.pay(input as OrderReference)
  throw new ControlError(400, 'PARAM_ERROR', 'Give exactly one of out_trade_no, prepay_id, combine_out_trade_no.')
}

/** @throws {ControlError} */
function requireFound<T>(record: T | undefined, kind: string, number: string): T {
  if (record === undefined) throw new ControlError(404, 'NOT_FOUND', `There is no ${kind} ${number}.`)
  return record
}

/** Describes the simulator without secrets: certificates and public keys are public. */
function describeSimulator({ merchant, certificates, examples, now }: Simulator) {
  const { mchid, appid, serial, certificate, platformKeys } = merchant
  const actions = ACTIONS.map(({ method, path, parameters, description }) => ({
    method,
    path: `${CONTROL_PATH}${path}`,
    ...(parameters && { parameters: describeParameters(parameters) }),
    description,
  }))
  // The others reply with a sample that their definition describes.
  const endpointsWithState = [...V3_ROUTES, ...V2_ROUTES].map(({ endpoint }) => endpoint)
  return {
    mchid,
    appid,
    serial,
    certificate,
    platformKeys,
    certificates,
    now: now(),
    examples,
    actions,
    endpointsWithState,
  }
}

const describeParameters = (parameters: Parameters): Record<string, string> =>
  Object.fromEntries(
    Object.entries(parameters).map(([name, field]) => [
      name,
      `${expectedValue(field)}${field.optional ? ' (optional)' : ''}`,
    ]),
  )
