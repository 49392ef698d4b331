import { parseJson } from '../../../core/codec/json.ts'
import type { DemoShop, RecordedCall } from '../demo-shop.ts'
import { BODY, METHOD, PATH, QUERY, type Tool } from '../tool.ts'
import { ToolError } from '../tool-error.ts'
import { readBody } from './input.ts'

export const simulateCall: Tool = {
  name: 'simulate_call',
  title: 'Call the simulator',
  description:
    'Calls any endpoint of a simulated WeChat Pay inside this process, signed with demo keys: try a request before you write it. Returns the request as sent, the verified response, and the notifications that it caused. No money, no network. Orders, refunds, transfers and profit sharing keep their state between calls; the merchant is that of the result’s "merchant".',
  properties: { method: METHOD, path: PATH, query: QUERY, body: BODY },
  required: ['method', 'path'],
  reach: 'this process',
  async run({ method, path, query, body }, { shop }) {
    const recorded = await shop.record(() =>
      shop.client.request(method as string, (path as string).replace(/^\//, ''), {
        params: query as Record<string, unknown> | undefined,
        body: readBody(method as string, body),
        retry: false,
        timeout: TIMEOUT,
      }),
    )
    const { data, status, verifiedBy } = recorded.result
    const isStream = data instanceof ReadableStream
    if (isStream) await data.cancel()
    return {
      merchant: merchantOf(shop),
      request: describeCall(recorded.calls.at(-1)),
      response: { status, verifiedBy, data: isStream ? '(a file)' : data },
      notifications: recorded.notifications,
    }
  },
}

/** Actions of the simulator's control API that cannot disturb the process. */
const ACTIONS = [
  'pay',
  'fail',
  'cancel',
  'refund-result',
  'confirm-transfer',
  'fail-transfer',
  'applyment-result',
  'advance',
] as const
/** A hundred days: bills and expiries lie within. */
const MAX_ADVANCE = 100 * 24 * 3_600_000
const TIMEOUT = 10_000

export const simulateAction: Tool = {
  name: 'simulate_action',
  title: 'Act in the simulator',
  description:
    'Acts as the shopper, the bank or the clock of the simulator that simulate_call uses: pay, fail or cancel an order, settle a refund or a transfer, advance the clock. Returns the result and the notifications that the shop received.',
  properties: {
    action: { type: 'string', enum: ACTIONS },
    input: {
      type: 'object',
      maxProperties: 10,
      additionalProperties: { type: ['string', 'number'], maxLength: 256 },
      description:
        'pay, fail, cancel: {"out_trade_no"}; refund-result: {"out_refund_no", "result": "SUCCESS"|"CLOSED"|"ABNORMAL"}; confirm-transfer, fail-transfer: {"out_bill_no"}; advance: {"ms"}.',
    },
  },
  required: ['action', 'input'],
  reach: 'this process',
  async run({ action, input }, { shop }) {
    const { ms } = input as { ms?: unknown }
    if (action === 'advance' && !(typeof ms === 'number' && ms >= 0 && ms <= MAX_ADVANCE))
      throw new ToolError(
        'INPUT_INVALID',
        `"ms" must be a number from 0 to ${MAX_ADVANCE}.`,
        'Advance in smaller steps.',
      )
    const { result, notifications } = await shop.record(async () => {
      const response = await shop.control(`/simulator/${action}`, input)
      const text = await response.text()
      const value = text ? (parseJson(text) as Record<string, unknown>) : {}
      if (!response.ok)
        throw new ToolError(
          'SIMULATOR_REFUSED',
          `${String(value.code)}: ${String(value.message)}`,
          'Check the number and the state of the order with simulate_call.',
        )
      return value
    })
    return { result, notifications }
  },
}

export const merchantOf = ({ simulator }: DemoShop): object => {
  const { mchid, appid } = simulator.merchant
  const { sub_mchid, openid } = simulator.examples
  return { mchid, appid, sub_mchid, openid }
}

/** Returns a call without the headers that say nothing about the protocol. */
export function describeCall(call: RecordedCall | undefined): object | undefined {
  if (!call) return undefined
  const { method, url, headers, body } = call
  const shown = Object.entries(headers).filter(([name]) =>
    /^(?:authorization|content-type|wechatpay-|idempotency)/.test(name),
  )
  return { method, url, headers: Object.fromEntries(shown), ...(body && { body }) }
}
