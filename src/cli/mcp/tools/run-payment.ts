import { randomUUID } from 'node:crypto'
import { startApp, startJsapi } from '../../../flows/payment/index.ts'
import type { DemoShop, RecordedNotification } from '../demo-shop.ts'
import type { Tool } from '../tool.ts'
import { ToolError } from '../tool-error.ts'
import { describeCall, merchantOf } from './simulate.ts'

/** A step of the run. */
interface Step {
  readonly step: string
  readonly request?: object | undefined
  readonly result: unknown
  readonly notifications?: readonly RecordedNotification[]
}

type Data = Record<string, unknown>

export const runPayment: Tool = {
  name: 'run_payment',
  title: 'Run a payment from order to refund',
  description:
    'Runs a complete payment against the simulator inside this process and returns every step as it went over the wire: place the order, the parameters that start the payment, the shopper’s act, the notification (headers, body, decrypted content), the query, and the refund with its notification. No money, no network, demo keys.',
  properties: {
    product: {
      type: 'string',
      enum: ['jsapi', 'native', 'h5', 'app'],
      default: 'jsapi',
      description: 'A mini program uses jsapi.',
    },
    total: { type: 'integer', minimum: 1, maximum: 100_000_000, default: 100, description: 'Amount in fen (分).' },
    outcome: {
      type: 'string',
      enum: ['paid', 'refused', 'expired'],
      default: 'paid',
      description: 'The shopper pays; the bank refuses; nobody pays until the order expires.',
    },
    refund: {
      type: 'integer',
      minimum: 0,
      maximum: 100_000_000,
      default: 0,
      description: 'Fen to refund once paid; 0 for none.',
    },
  },
  reach: 'this process',
  async run(input, { shop }) {
    const {
      product = 'jsapi',
      total = 100,
      outcome = 'paid',
      refund = 0,
    } = input as {
      product?: keyof typeof PLACE
      total?: number
      outcome?: 'paid' | 'refused' | 'expired'
      refund?: number
    }
    if (refund > total)
      throw new ToolError('INPUT_INVALID', '"refund" is more than "total".', 'Refund at most what was paid.')
    if (refund > 0 && outcome !== 'paid')
      throw new ToolError(
        'INPUT_INVALID',
        'Only a paid order can be refunded.',
        'Omit "refund", or use "outcome": "paid".',
      )
    const out_trade_no = `MCP${randomUUID().replaceAll('-', '').slice(0, 20)}`
    const steps: Step[] = [...(await placeOrder(shop, product, out_trade_no, total))]
    steps.push(await act(shop, outcome, out_trade_no))
    steps.push(await queryOrder(shop, out_trade_no))
    if (refund > 0) steps.push(...(await refundOrder(shop, out_trade_no, total, refund)))
    return { merchant: merchantOf(shop), out_trade_no, steps }
  },
}

/** The members of an order that differ by product. */
const PLACE = {
  jsapi: (openid: string) => ({ payer: { openid } }),
  native: () => ({}),
  h5: () => ({ scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } } }),
  app: () => ({}),
} as const

async function placeOrder(
  shop: DemoShop,
  product: keyof typeof PLACE,
  out_trade_no: string,
  total: number,
): Promise<Step[]> {
  const { client, simulator } = shop
  const { appid, mchid } = simulator.merchant
  const body = {
    appid,
    mchid,
    description: 'Demo',
    out_trade_no,
    notify_url: 'https://shop.example/notify',
    amount: { total, currency: 'CNY' },
    ...PLACE[product](simulator.examples.openid),
  }
  const { result, calls } = await shop.record(() => client.request('POST', `v3/pay/transactions/${product}`, { body }))
  const data = result.data as Data
  const placed = { step: 'Place the order', request: describeCall(calls.at(-1)), result: data }
  if (product !== 'jsapi' && product !== 'app') return [placed]
  const order = { appid, mchid, prepay_id: String(data.prepay_id) }
  const parameters = await (product === 'app' ? startApp : startJsapi)(client, order)
  return [placed, { step: 'Make the parameters with which the client starts the payment', result: parameters }]
}

async function act(shop: DemoShop, outcome: 'paid' | 'refused' | 'expired', out_trade_no: string): Promise<Step> {
  const { simulator } = shop
  const { notifications } = await shop.record(async () => {
    if (outcome === 'paid') simulator.pay({ out_trade_no })
    else if (outcome === 'refused') simulator.fail({ out_trade_no })
    else await simulator.advance(EXPIRY)
  })
  const result = {
    paid: 'The shopper pays. The shop must answer the notification within 5 seconds, and ship only what matches its records.',
    refused: 'The bank refuses. There is no notification; the shopper may pay again until the order expires.',
    expired: 'Nobody pays. There is no notification: query, then close the order.',
  }[outcome]
  return { step: 'Wait for the shopper', result, notifications }
}

/** Milliseconds after which an order without time_expire cannot be paid any more, and some more. */
const EXPIRY = 7 * 24 * 3_600_000 + 60_000

async function queryOrder({ record, client, simulator }: DemoShop, out_trade_no: string): Promise<Step> {
  const { result, calls } = await record(() =>
    client.request('GET', `v3/pay/transactions/out-trade-no/${out_trade_no}`, {
      params: { mchid: simulator.merchant.mchid },
    }),
  )
  return { step: 'Query the order', request: describeCall(calls.at(-1)), result: result.data }
}

async function refundOrder(shop: DemoShop, out_trade_no: string, total: number, refund: number): Promise<Step[]> {
  const { client, simulator } = shop
  const out_refund_no = `${out_trade_no}R1`
  const body = {
    out_trade_no,
    out_refund_no,
    notify_url: 'https://shop.example/notify',
    amount: { refund, total, currency: 'CNY' },
  }
  const placed = await shop.record(() => client.request('POST', 'v3/refund/domestic/refunds', { body }))
  const settled = await shop.record(async () => {
    if (simulator.refund(out_refund_no)?.status === 'PROCESSING') simulator.refundResult(out_refund_no, 'SUCCESS')
  })
  const query = await shop.record(() => client.request('GET', `v3/refund/domestic/refunds/${out_refund_no}`))
  return [
    { step: 'Apply for the refund', request: describeCall(placed.calls.at(-1)), result: placed.result.data },
    {
      step: 'Wait for the refund',
      result:
        'A refund is not done when the call returns: its state is PROCESSING until a notification or a query says otherwise.',
      notifications: [...placed.notifications, ...settled.notifications],
    },
    { step: 'Query the refund', request: describeCall(query.calls.at(-1)), result: query.result.data },
  ]
}
