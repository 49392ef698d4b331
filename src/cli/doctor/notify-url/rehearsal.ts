import { setTimeout as delay } from 'node:timers/promises'
import type { Exchange, NotificationRequest, Order } from '../../../simulator/index.ts'
import type { Flaw } from '../../../simulator/notification/notification.ts'
import { paymentFields } from '../../../simulator/v2/resources/transaction.ts'
import { transactionBody } from '../../../simulator/v3/resources/transaction.ts'
import { type Check, type CheckProgress, failedCheck, passedCheck, skippedCheck } from '../../checks.ts'
import { CommandError } from '../../command.ts'
import { VERIFY_FIXES } from './forged.ts'
import type { OrderSource } from './orders.ts'
import {
  checkForgeryRefused,
  checkRefusalForm,
  checkRefused,
  checkRoute,
  checkTime,
  describeResponse,
  isAccepted,
  routeFailures,
  type ShopResponse,
  sendToShop,
} from './shop-response.ts'
import type { SimulatorControl } from './simulator-control.ts'

/** The checks of forgeries, each with the flaw of its notification. */
const FLAWS: readonly (readonly [name: keyof typeof VERIFY_FIXES, flaw: Flaw])[] = [
  ['probe', 'probe'],
  ['tampered-body', 'tampered'],
  ['stale-timestamp', 'stale'],
  ['unknown-serial', 'unknown-serial'],
  ['unsigned', 'unsigned'],
]
/** APIv2 has neither timestamps nor serials. */
const V2_FLAWS: readonly Flaw[] = ['tampered', 'unsigned']

/** Repetitions that arrive at the same time, as they do when a shop answered too late. */
const REPETITIONS = 3
/** Time in which a shop that has queried an order records the result, ms. */
const RECORDING = 3000
/** Milliseconds by which the record of a query can be younger than the answer in it. */
const ANSWERING = 1000
const POLL = 250

export interface RehearsalOptions {
  readonly notifyUrl: URL
  readonly simulator: SimulatorControl
  readonly orders: OrderSource
  /** Address of the shop that tells about an order, with `{out_trade_no}`. */
  readonly checkUrl: string | undefined
  /** Text that the shop's page of an order has only if the order is paid. */
  readonly paidText: string | undefined
  /** Time in which the shop must query an order whose notification does not come, ms. */
  readonly wait: number
  /** Gets the results as the checks end. */
  readonly progress: CheckProgress
  readonly stopped: AbortSignal
}

/**
 * Rehearses payments with a shop that runs against the simulator: forged, wrong, genuine and repeated notifications, and one
 * that does not come. `progress` gets the results as the checks end.
 *
 * @throws {CommandError} the simulator or the shop's address for orders does not answer
 */
export async function rehearse(options: RehearsalOptions): Promise<void> {
  const { simulator, orders, progress } = options
  const number = await orders.next()
  if (number === undefined)
    throw new CommandError(
      'The rehearsal needs an order. Give --place-url, or --order with the number of an unpaid one.',
    )
  const order = await simulator.order(number)
  const address = checkOrderAddress(order, options.notifyUrl)
  progress.ended.push(address)
  if (address.ok === false) return

  const forgeries: Forgery[] = []
  const endForgeries = (checkRefusal: typeof checkRefused) =>
    progress.ended.push(...forgeries.map(forgery => checkForgery(order.api, forgery, checkRefusal)))
  let payment: Payment
  try {
    await sendForgeries(order, options, forgeries)
    const route = checkRoute(forgeries.map(({ response }) => response))
    progress.ended.push(...route)
    // A server that does not answer as a shop would fail every other check for the same reason.
    if (route.some(({ ok }) => ok === false)) return
    progress.running = 'success-answer'
    payment = await payOrder(order, options)
  } catch (error) {
    const failures = routeFailures(forgeries.map(({ response }) => response))
    if (failures.length > 0) progress.ended.push(...failures)
    else endForgeries(checkForgeryRefused)
    throw error
  }
  // A shop that answers 5xx to a genuine notification too refuses no forgery: something fails before it looks at the signature.
  const checkRefusal = payment.answer.ok ? checkRefused : checkForgeryRefused
  endForgeries(checkRefusal)
  progress.ended.push(payment.answer)
  const repeated = payment.answer.ok ? await checkPayment(order, payment, options) : []
  progress.running = 'amount'
  progress.ended.push(
    await checkUnexpected('amount', options, checkRefusal, ({ total, currency }) => ({
      total: total === 1 ? 2 : 1,
      currency,
    })),
  )
  progress.running = 'currency'
  progress.ended.push(
    await checkUnexpected('currency', options, checkRefusal, ({ total, currency }) => ({
      total,
      currency: currency === 'HKD' ? 'USD' : 'HKD',
    })),
  )
  await checkQuery(options)
  const refused = forgeries.map(({ response }) => response)
  const genuine = payment.response ? [payment.response, ...repeated] : []
  progress.ended.push(checkTime([...refused, ...genuine]), checkRefusalForm(order.api, refused))
}

function checkOrderAddress({ out_trade_no, notify_url, trade_state }: Order, notifyUrl: URL): Check {
  const name = 'order'
  if (trade_state !== 'NOTPAY')
    return failedCheck(name, `${out_trade_no} is ${trade_state}`, 'Give an order that nobody has paid')
  if (notify_url === notifyUrl.href) return passedCheck(name, `${out_trade_no}, notified at this address`)
  return failedCheck(
    name,
    `${out_trade_no} is notified at ${notify_url ?? 'no address'}`,
    'Place orders with this notify_url, or check that one',
  )
}

/** Drafts the notification that WeChat Pay would send if the order were paid. */
function paymentOf(order: Order, amount: Order['amount'] = order.amount): NotificationRequest {
  const paidAt = Date.now()
  const transaction_id = `42000${String(paidAt).padStart(23, '0')}`
  const paid: Order = { ...order, amount, paidAt, transaction_id, trade_state: 'SUCCESS', bank_type: 'OTHERS' }
  const common = { api: order.api, url: order.notify_url!, reference: order.out_trade_no, once: true }
  return order.api === 'v3'
    ? { ...common, event: 'TRANSACTION.SUCCESS', resource: transactionBody(paid) }
    : {
        ...common,
        event: 'transaction-success',
        resource: paymentFields(paid, paidAt),
        ...(order.sign_type && { sign_type: order.sign_type }),
      }
}

async function sendNotification(
  { simulator }: RehearsalOptions,
  request: NotificationRequest & { flaw?: Flaw },
): Promise<ShopResponse> {
  const begin = performance.now()
  const { attempts } = await simulator.send(request)
  return responseOf(attempts[0]!, performance.now() - begin)
}

const responseOf = (
  { status, error, responseBody = '' }: { status?: number; error?: string; responseBody?: string },
  duration: number,
): ShopResponse => ({ status, error, body: responseBody, duration: Math.round(duration) })

/** A forged notification, and what followed. */
interface Forgery {
  readonly name: keyof typeof VERIFY_FIXES
  readonly response: ShopResponse
  readonly hasChanged: boolean
}

/** Sends forgeries of an unpaid order, and adds each with what followed. */
async function sendForgeries(order: Order, options: RehearsalOptions, forgeries: Forgery[]): Promise<void> {
  for (const [name, flaw] of FLAWS) {
    if (order.api === 'v2' && !V2_FLAWS.includes(flaw)) continue
    options.progress.running = name
    const before = await viewOrder(order, options)
    const response = await sendNotification(options, { ...paymentOf(order), flaw })
    forgeries.push({ name, response, hasChanged: (await viewOrder(order, options)) !== before })
  }
}

/** Checks a forgery: it must be refused, and change nothing. */
function checkForgery(
  api: Order['api'],
  { name, response, hasChanged }: Forgery,
  checkRefusal: typeof checkRefused,
): Check {
  const check = checkRefusal(name, api, response, VERIFY_FIXES[name])
  if (!hasChanged || check.ok === false || response.status === undefined) return check
  return failedCheck(name, `refused, ${response.status}, yet the order changed`, VERIFY_FIXES[name])
}

/** A payment, and the answer of the shop to its notification. */
interface Payment {
  /** The check of the answer. */
  readonly answer: Check
  /** Absent if the simulator has sent nothing. */
  readonly response?: ShopResponse
  /** The notification, as the simulator numbers it. */
  readonly id?: string
  /** The shop's page of the order before it was paid. */
  readonly before: string | undefined
}

/** Pays the order: its notification must be acknowledged. */
async function payOrder(order: Order, options: RehearsalOptions): Promise<Payment> {
  const { simulator } = options
  const { api, out_trade_no } = order
  const before = await viewOrder(order, options)
  const begin = performance.now()
  await simulator.pay(order)
  await simulator.settle()
  const duration = performance.now() - begin
  const sent = (await simulator.notifications()).findLast(
    ({ reference, event }) => reference === out_trade_no && /^transaction.success$/i.test(event),
  )
  const attempt = sent?.attempts.find(({ variant }) => variant === undefined)
  if (!sent || !attempt)
    return {
      answer: failedCheck(
        'success-answer',
        'the simulator holds notifications back',
        'POST /simulator/notifications/release',
      ),
      before,
    }
  const response = responseOf(attempt, duration)
  return { answer: checkSuccess(api, response, sent.state === 'delivered'), response, id: sent.id, before }
}

/**
 * Checks what follows an acknowledged payment: it must be recorded, and repetitions of its notification acknowledged and not recorded
 * again.
 *
 * @returns the responses to the repetitions
 */
async function checkPayment(
  order: Order,
  { id, before }: Payment,
  options: RehearsalOptions,
): Promise<readonly ShopResponse[]> {
  const { simulator, progress } = options
  progress.running = 'recorded'
  const after = await viewOrder(order, options)
  progress.ended.push(
    after === undefined
      ? skippedCheck('recorded', 'the answer alone does not show it', 'Give --check-url')
      : isPaidView(after, before, options)
        ? passedCheck('recorded', 'the shop shows the payment')
        : failedCheck(
            'recorded',
            'acknowledged, but the shop shows no payment',
            'Acknowledge only what has been stored',
          ),
  )
  progress.running = 'duplicate-answer'
  const repeated = await Promise.all(
    Array.from({ length: REPETITIONS }, async () => {
      const start = performance.now()
      return responseOf(await simulator.repeat(id!), performance.now() - start)
    }),
  )
  const refused = repeated.find(one => !isAccepted(order.api, one))
  progress.ended.push(
    refused
      ? failedCheck(
          'duplicate-answer',
          `a repetition: ${describeResponse(refused)}`,
          'Answer a notification that was handled before with success',
        )
      : passedCheck('duplicate-answer', `${REPETITIONS} repetitions at once, all acknowledged`),
  )
  progress.running = 'duplicate-once'
  progress.ended.push(
    after === undefined
      ? skippedCheck('duplicate-once', 'the answers alone do not show it', 'Give --check-url, with a page that counts')
      : (await viewOrder(order, options)) === after
        ? passedCheck('duplicate-once', 'repetitions change nothing')
        : failedCheck(
            'duplicate-once',
            'a repetition changed the order',
            'Handle an order once: lock its row, look at its state, then act (业务单号 + 状态机锁)',
          ),
  )
  return repeated
}

function checkSuccess(api: Order['api'], response: ShopResponse, isDelivered: boolean): Check {
  const name = 'success-answer'
  if (response.status === undefined) return skippedCheck(name, describeResponse(response))
  if (isDelivered) return passedCheck(name, describeResponse(response))
  return failedCheck(
    name,
    `a genuine notification: ${describeResponse(response)}`,
    api === 'v3'
      ? 'Answer 200 or 204 without a body, or with {"code":"SUCCESS"}; the shop’s log says why it refuses'
      : 'Answer <xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>',
  )
}

/** Sends a genuine notification of another amount than the order's: it must not count as paid. */
async function checkUnexpected(
  name: 'amount' | 'currency',
  options: RehearsalOptions,
  checkRefusal: typeof checkRefused,
  change: (amount: Order['amount']) => Order['amount'],
): Promise<Check> {
  const number = await options.orders.next()
  if (number === undefined) return skippedCheck(name, 'needs another order', NEXT_ORDER)
  const order = await options.simulator.order(number)
  const before = await viewOrder(order, options)
  const response = await sendNotification(options, paymentOf(order, change(order.amount)))
  const after = await viewOrder(order, options)
  const fix = `Compare the ${name} with your record of the order before you hand anything over`
  if (response.status === undefined) return skippedCheck(name, describeResponse(response))
  if (after !== undefined && isPaidView(after, before, options))
    return failedCheck(name, `the shop shows an order as paid whose ${name} is another`, fix)
  const refusal = checkRefusal(name, order.api, response, fix)
  if (refusal.ok === undefined) return refusal
  if (after !== undefined) return passedCheck(name, `another ${name} does not count as paid`)
  if (refusal.ok) return passedCheck(name, `another ${name} was refused, ${response.status}`)
  return skippedCheck(
    name,
    `another ${name} was acknowledged, and the answer does not show what follows`,
    'Give --check-url',
  )
}

const NEXT_ORDER = 'Give --place-url, or one more --order'

/** Withholds a notification: the shop must query the order by itself. */
async function checkQuery(options: RehearsalOptions): Promise<void> {
  const { simulator, orders, wait, progress, stopped } = options
  const name = 'query'
  progress.running = name
  const number = await orders.next()
  if (number === undefined) {
    progress.ended.push(skippedCheck(name, 'needs another order', NEXT_ORDER))
    return
  }
  const order = await simulator.order(number)
  const before = await viewOrder(order, options)
  // Whatever ends the check, from here on the simulator must not be left holding back every notification.
  try {
    await simulator.hold()
    stopped.throwIfAborted()
    await simulator.pay(order)
    const { transaction_id, paidAt } = await simulator.order(number)
    const isQuery = (exchange: Exchange) => exchange.at >= paidAt! && isQueryOf(exchange, [number, transaction_id!])
    const isRecorded = async () =>
      before !== undefined && isPaidView((await viewOrder(order, options))!, before, options)
    // The answer to a single early query may be of before the payment; a shop that has seen it asks again.
    const isAfterPayment = (queries: readonly Exchange[]) =>
      queries.length > 1 || queries.some(({ at }) => at - paidAt! > ANSWERING)
    const start = Date.now()
    let queries: Exchange[] = []
    let isFound = false
    while (!isFound && Date.now() - start < wait) {
      await delay(POLL, undefined, { signal: stopped })
      queries = (await simulator.journal()).filter(isQuery)
      isFound = queries.length > 0 && (before === undefined || isAfterPayment(queries) || (await isRecorded()))
    }
    const seconds = Math.round((Date.now() - start) / 1000)
    progress.ended.push(
      queries.length > 0
        ? passedCheck(name, `the shop queried the order after ${seconds} s`)
        : failedCheck(
            name,
            `no query of the order within ${seconds} s after it was paid and nothing came`,
            'Query unpaid orders by a timer, the first time within a minute; give --wait if yours asks later',
          ),
    )
    if (queries.length > 0 && before !== undefined) {
      progress.running = 'query-recorded'
      progress.ended.push(await checkRecording(isRecorded, stopped))
    }
  } finally {
    await simulator.release()
  }
}

/** Waits until the shop has recorded what its query found. */
async function checkRecording(isRecorded: () => Promise<boolean>, stopped: AbortSignal): Promise<Check> {
  const name = 'query-recorded'
  for (let waited = 0; waited < RECORDING; waited += POLL) {
    if (await isRecorded()) return passedCheck(name, 'the shop shows the payment that it found')
    await delay(POLL, undefined, { signal: stopped })
  }
  return failedCheck(name, 'the order was found paid, and the shop shows no payment', 'Record what a query finds')
}

/** Returns whether a request asks for an order by one of its numbers. */
function isQueryOf({ api, method, url, path, signedText, signature }: Exchange, numbers: readonly string[]): boolean {
  if (signature !== 'valid') return false
  if (api === 'v2') return path === '/pay/orderquery' && numbers.some(number => signedText.includes(number))
  return method === 'GET' && numbers.some(number => decodeURIComponent(url).includes(number))
}

/**
 * Returns the shop's page of an order; undefined without `--check-url`.
 *
 * @throws {CommandError} the shop does not answer with a page
 */
async function viewOrder(
  { out_trade_no }: Order,
  { checkUrl, stopped }: RehearsalOptions,
): Promise<string | undefined> {
  if (checkUrl === undefined) return undefined
  const url = new URL(checkUrl.replaceAll('{out_trade_no}', encodeURIComponent(out_trade_no)))
  const response = await sendToShop(url, { method: 'GET' }, stopped)
  if (response.status !== undefined && response.status < 300) return response.body
  throw new CommandError(
    `--check-url ${url.origin}${url.pathname}: ${describeResponse(response)}. It must answer GET for an order, paid or not, with 200.`,
  )
}

/** Returns whether the shop shows an order as paid: by the text that was named, otherwise by any change. */
const isPaidView = (after: string, before: string | undefined, { paidText }: RehearsalOptions): boolean =>
  paidText === undefined ? after !== before : after.includes(paidText)
