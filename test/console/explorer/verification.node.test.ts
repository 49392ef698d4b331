/** The steps in which the explorer verifies a response, and the signed text of a request, against the simulator. */
import { beforeAll, expect, test } from 'vitest'
import { createRecordingFetch, type RecordedExchange } from '../../../src/console/explorer/try/recorded.ts'
import { signedTextOf } from '../../../src/console/explorer/try/signed-text.ts'
import { verifyStepByStep } from '../../../src/console/explorer/try/verification.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let response: NonNullable<RecordedExchange['response']>
let exchange: RecordedExchange

/** Makes a call, and returns what was sent and received. */
async function record(method: string, path: string, options: object): Promise<RecordedExchange> {
  const exchanges: RecordedExchange[] = []
  const real = globalThis.fetch
  globalThis.fetch = simulator.fetch
  try {
    const wxpay = new Wechatpay({ ...simulator.merchant, fetch: createRecordingFetch(exchanges), retry: false })
    await wxpay.request(method, path, options).catch(() => {})
  } finally {
    globalThis.fetch = real
  }
  return exchanges.at(-1)!
}

beforeAll(async () => {
  simulator = await createSimulator({ seed: 'steps' })
  const params = { mchid: simulator.merchant.mchid }
  exchange = await record('GET', 'v3/pay/transactions/out-trade-no/none', { params })
  response = exchange.response!
})

const steps = (changed: Partial<typeof response> = {}, now = Date.now(), keys = simulator.merchant.platformKeys) =>
  verifyStepByStep({ ...response, ...changed }, keys, now)
const outcome = async (...args: Parameters<typeof steps>) =>
  (await steps(...args)).map(({ name, holds }) => `${name} ${holds}`)
const without = (header: string) => ({ headers: response.headers.filter(([name]) => name !== header) })
const withHeader = (header: string, value: string) => ({
  headers: [...without(header).headers, [header, value] as const],
})

test('all steps hold for a response of the simulator', async () => {
  expect(await outcome()).toEqual(['headers true', 'timestamp true', 'key true', 'signature true'])
})

test('every step that does not hold is named, and none that cannot be checked', async () => {
  expect(await outcome(without('wechatpay-signature'))).toEqual(['headers false', 'timestamp true', 'key true'])
  expect(await outcome({ headers: [] })).toEqual(['headers false'])
  expect(await outcome({}, Date.now(), {})).toEqual(['headers true', 'timestamp true', 'key false'])
  expect(await outcome({}, Date.now() + 301_000)).toEqual([
    'headers true',
    'timestamp false',
    'key true',
    'signature true',
  ])
  const invalid = ['headers true', 'timestamp true', 'key true', 'signature false']
  expect(await outcome({ body: `${response.body} ` })).toEqual(invalid)
  expect(await outcome(withHeader('wechatpay-signature', 'not base64!'))).toEqual(invalid)
  expect(await outcome(withHeader('wechatpay-nonce', 'other'))).toEqual(invalid)
  expect(await outcome(withHeader('wechatpay-timestamp', 'soon'))).toEqual([
    'headers true',
    'timestamp false',
    'key true',
    'signature false',
  ])
})

test('a step says what was found', async () => {
  const signedAt = Number(response.headers.find(([name]) => name === 'wechatpay-timestamp')![1]) * 1000
  const [, wrongTime, otherKey] = await steps(withHeader('wechatpay-serial', 'constructor'), signedAt + 301_000)
  expect(wrongTime).toMatchObject({ name: 'timestamp', holds: false, found: '301 s' })
  // Another key verifies the message, but not the one that it names.
  expect(otherKey).toEqual({ name: 'key', holds: false, found: 'constructor' })
  const [missing] = await steps(without('wechatpay-nonce'))
  expect(missing).toEqual({ name: 'headers', holds: false, found: 'Wechatpay-Nonce' })
  const signed = (await steps()).at(-1)!
  expect(signed.found.endsWith(`\n${response.body}\n`)).toBe(true)
})

test('the signed text of requests is the one that the simulator has verified', async () => {
  const { mchid, appid } = simulator.merchant
  const params = { mchid }
  const calls = [
    ['GET', 'v3/pay/transactions/out-trade-no/a%2Fb', { params }],
    ['POST', 'v3/pay/transactions/native', { body: { mchid, appid, description: '茶' } }],
    ['POST', 'v3/merchant/media/upload', { body: { file: new File(['x'], 'a.png', { type: 'image/png' }) } }],
    ['POST', 'v2/pay/orderquery', { body: { mch_id: mchid, appid, out_trade_no: 'A' } }],
  ] as const
  for (const [method, path, options] of calls) {
    const sent = await record(method, path, options)
    const verified = simulator.journal.at(-1)!.signedText!
    const shown = signedTextOf(sent)!
    if (path.startsWith('v2/')) expect(verified.replace(/key=.*$/, 'key=…')).toBe(shown)
    else expect(shown).toBe(verified)
  }
})
