import type {
  AccountType,
  ApplymentResult,
  Demand,
  FaultRule,
  KeySwitchStage,
  MicropayResult,
  OrderName,
  OrderNumber,
  RefundResult,
  Simulator,
} from '../index.ts'
import { due, type Field, type Given, Refused, type Takes } from './input.ts'

/** One thing that can be done over HTTP: a row of the table. */
export interface Action {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** Below the mount, a placeholder as `{name}`. */
  readonly path: string
  /** Absent: what is given is checked where it is used. */
  readonly takes?: Takes | undefined
  readonly says: string
  /** @returns what is answered as JSON; nothing: 204 */
  act(simulator: Simulator, given: Given, parameter: string): unknown
}

const TEXT: Field = { kind: 'text' }
const INTEGER: Field = { kind: 'integer' }
const oneOf = (...of: readonly string[]): Field => ({ kind: 'text', of })
const optional = (field: Field): Field => ({ ...field, optional: true })

const ORDER: Takes = { out_trade_no: TEXT, sub_mchid: optional(TEXT) }
const ANY_ORDER: Takes = {
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
const NOTIFICATION: Takes = {
  url: TEXT,
  event: TEXT,
  resource: optional({ kind: 'object' }),
  api: optional(oneOf('v3', 'v2')),
  about: optional(TEXT),
  original_type: optional(TEXT),
  summary: optional(TEXT),
  sign_type: optional(oneOf('MD5', 'HMAC-SHA256')),
}

type Act = Action['act']
const look = (path: string, says: string, act: Act): Action => ({ method: 'GET', path, takes: {}, says, act })
const act = (path: string, takes: Takes | undefined, says: string, act: Act): Action => ({
  method: 'POST',
  path,
  takes,
  says,
  act,
})
const remove = (path: string, says: string, act: Act): Action => ({ method: 'DELETE', path, takes: {}, says, act })

export const ACTIONS: readonly Action[] = [
  look('', 'Who the merchant is, numbers to begin with, and this list.', about),
  look('/journal', 'The last 200 requests: what was signed, whether it held, what came back.', sim => sim.journal),

  act('/pay', ANY_ORDER, 'The shopper pays the order, or confirms a payment by code. One of the three names it.', pay),
  act('/fail', ORDER, 'The bank refuses: a payment by code is over, any other order stays to be paid.', (sim, given) =>
    sim.fail(orderNumber(given)),
  ),
  act('/cancel', ORDER, 'The shopper gives up.', (sim, given) => sim.cancel(orderNumber(given))),
  look('/orders/{out_trade_no}', 'An order as WeChat Pay knows it, its sealed fields opened.', (sim, _, number) =>
    found(sim.order(number), 'order', number),
  ),
  look('/combined-orders/{combine_out_trade_no}', 'A combined order.', (sim, _, number) =>
    found(sim.combinedOrder(number), 'combined order', number),
  ),
  act('/next-micropay', { result: oneOf(...MICROPAY) }, 'What becomes of the next payment by code.', (sim, given) =>
    sim.nextMicropay(given.result),
  ),
  act('/next-reverse', { recalls: INTEGER }, 'So many reversals are answered with recall Y first.', (sim, given) =>
    sim.nextReverse(given.recalls),
  ),

  look('/refunds/{out_refund_no}', 'A refund as it is.', (sim, _, number) =>
    found(sim.refund(number), 'refund', number),
  ),
  act(
    '/refund-result',
    { out_refund_no: TEXT, result: oneOf(...REFUND), sub_mchid: optional(TEXT) },
    'What becomes of a refund that is processed.',
    (sim, given) => sim.refundResult(given.out_refund_no, given.result, given.sub_mchid),
  ),

  look('/transfers/{out_bill_no}', 'A transfer as it is.', (sim, _, number) =>
    found(sim.transfer(number), 'transfer', number),
  ),
  act('/confirm-transfer', { out_bill_no: TEXT }, 'The shopper takes the money that waits for him.', (sim, given) =>
    sim.confirmTransfer(given.out_bill_no),
  ),
  act(
    '/fail-transfer',
    { out_bill_no: TEXT, fail_reason: optional(TEXT) },
    'A transfer that waits for the shopper fails.',
    (sim, given) => sim.failTransfer(given.out_bill_no, given.fail_reason),
  ),
  look('/balance', "What is in the merchant's accounts.", sim =>
    Object.fromEntries(ACCOUNTS.map(type => [type, sim.balance(type)])),
  ),
  act(
    '/fund',
    { fen: INTEGER, type: optional(oneOf(...ACCOUNTS)) },
    'Pays into an account of the merchant’s, OPERATION when none is named; out of it where negative.',
    (sim, given) => sim.fund(given.fen, given.type),
  ),

  act(
    '/applyment-result',
    {
      business_code: TEXT,
      applyment_state: oneOf(...AUDIT),
      reject_param: optional(TEXT),
      reject_reason: optional(TEXT),
    },
    'The result of the audit of an applyment (商户开户意愿申请单).',
    (sim, { business_code, ...result }) => sim.auditApplyment(business_code, result as ApplymentResult),
  ),

  act(
    '/advance',
    { ms: INTEGER },
    'Moves the clock on; answers when what fell due has happened.',
    async (sim, given) => {
      await sim.advance(given.ms)
      return { now: sim.now() }
    },
  ),
  act('/settle', {}, 'Answers when all that is due has happened, and is notified.', async sim => {
    await sim.settled()
    return { now: sim.now() }
  }),
  act('/rotate', {}, 'A newer platform certificate signs from now on.', async sim => ({ serial: await sim.rotate() })),
  look(
    '/key-switch',
    'How far the switch from platform certificates to the public key has come.',
    sim => sim.keySwitch,
  ),
  act(
    '/key-switch',
    { stage: oneOf(...STAGES), share: optional({ kind: 'number' }) },
    'Moves that switch; once it is started the public key signs this share of the notifications, 0 to 1.',
    (sim, { stage, share = sim.keySwitch.share }) => {
      sim.setKeySwitch({ stage, share })
      return sim.keySwitch
    },
  ),

  look('/faults', 'The faults on demand, and how often each has struck.', sim => sim.faults.list()),
  act(
    '/faults',
    undefined,
    'Something goes wrong: { kind, path, method, api, after, count, probability … }.',
    (sim, rule) => ({
      id: sim.faults.add(rule as FaultRule),
    }),
  ),
  remove('/faults', 'Nothing goes wrong any more.', sim => sim.faults.clear()),
  remove('/faults/{id}', 'This goes wrong no more.', (sim, _, id) => sim.faults.clear(id)),

  look('/notifications', 'The notifications, each with its tries and the answers.', sim => sim.notifications),
  act(
    '/notifications',
    NOTIFICATION,
    'Sends any notification, a plausible one without resource; answers with what the merchant said.',
    (sim, demand) => sim.notify.send(demand as Demand),
  ),
  act('/notifications/hold', {}, 'Holds notifications back.', sim => sim.notify.hold()),
  act(
    '/notifications/release',
    { order: optional(oneOf('given', 'reversed')) },
    'Sends what was held back, the newest first where reversed.',
    (sim, { order }) => sim.notify.release({ order }),
  ),
  act('/notifications/{id}/repeat', {}, 'Sends it once more.', (sim, _, id) => sim.notify.repeat(id)),
  act('/notifications/{id}/probe', {}, 'Sends it with a probe for a signature: to be refused.', (sim, _, id) =>
    sim.notify.probe(id),
  ),
  act('/notifications/{id}/stale', {}, 'Sends it signed ten minutes ago: to be refused.', (sim, _, id) =>
    sim.notify.stale(id),
  ),
  act('/notifications/{id}/tampered', {}, 'Sends it changed after it was signed: to be refused.', (sim, _, id) =>
    sim.notify.tampered(id),
  ),
]

const orderNumber = ({ out_trade_no, sub_mchid }: Given): OrderNumber => ({ out_trade_no, sub_mchid })

function pay(simulator: Simulator, name: Given): unknown {
  const { sub_mchid: _, ...numbers } = name
  if (Object.keys(numbers).length === 1) return simulator.pay(name as OrderName)
  throw new Refused(400, 'PARAM_ERROR', 'Give one of out_trade_no, prepay_id, combine_out_trade_no.')
}

/** @throws {Refused} */
function found<T>(record: T | undefined, what: string, number: string): T {
  if (record === undefined) throw new Refused(404, 'NOT_FOUND', `There is no ${what} ${number}.`)
  return record
}

/** Nothing of it is secret: certificates and public keys are there to be shown. */
function about({ merchant, certificates, examples, now }: Simulator) {
  const { mchid, appid, serial, certificate, platformKeys } = merchant
  const actions = ACTIONS.map(({ method, path, takes, says }) => ({
    method,
    path: `/simulator${path}`,
    ...(takes && { takes: Object.fromEntries(Object.entries(takes).map(([name, field]) => [name, told(field)])) }),
    says,
  }))
  return { mchid, appid, serial, certificate, platformKeys, certificates, now: now(), examples, actions }
}

const told = (field: Field): string => `${due(field)}${field.optional ? ', or left out' : ''}`
