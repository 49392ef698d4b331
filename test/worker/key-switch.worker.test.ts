import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { beforeEach, expect, inject, test } from 'vitest'
import { type CloudflareEnvironment, wechatpay } from '../../src/adapters/cloudflare.ts'
import { receiveNotification } from '../../src/core/index.ts'
import type { KeySwitch } from '../../src/simulator/index.ts'
import worker, { type Env } from '../../worker/index.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import type { SentNotification, SimulatedWechatpay } from './wechatpay.ts'

// A merchant that switches from platform certificates to the public key, on Workers: WeChat Pay is a simulator over HTTP, and
// the secrets are those of the .env that it writes.

const response = await fetch(inject('wechatpay'), { method: 'POST' })
const { url, environment } = (await response.json()) as SimulatedWechatpay
const mchid = environment.WECHATPAY_MCHID!
const STAGES: readonly KeySwitch[] = [
  { stage: 'stopped', share: 0 },
  ...[0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1].map((share): KeySwitch => ({ stage: 'started', share })),
  { stage: 'done', share: 1 },
  { stage: 'stopped', share: 0 },
]

const control = async (path: string, body?: object) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(
    `${url}/simulator${path}`,
    body && { method: 'POST', body: JSON.stringify(body), headers },
  )
  expect(response.ok).toBe(true)
  return response.json()
}
const fetchesOf = async () =>
  ((await control('/journal')) as { url: string }[]).filter(({ url }) => url === '/v3/certificates').length
let before: number
const fetches = async () => (await fetchesOf()) - before
beforeEach(async () => {
  before = await fetchesOf()
})

/** Has WeChat Pay send so many notifications; gives them as they arrive. */
async function notifications(count: number): Promise<Request[]> {
  const to = `https://gateway.example/notify/${mchid}`
  for (let time = 0; time < count; time++) {
    const number = crypto.randomUUID()
    const resource = { mchid, appid: 'wx1', out_trade_no: number, transaction_id: number, trade_state: 'SUCCESS' }
    await control('/notifications', { url: to, event: 'TRANSACTION.SUCCESS', resource })
  }
  const sent = (await (await fetch(`${url}/sent`)).json()) as SentNotification[]
  return sent.map(({ url, headers, body }) => new Request(url, { method: 'POST', headers, body }))
}

test('the client of an environment proves every response and every notification; certificates beside the public key are fetched once for all isolates', async () => {
  const secrets = { ...environment, WECHATPAY_CERTIFICATES: env.CERTIFICATES } as CloudflareEnvironment
  const { examples } = (await control('')) as { examples: { business_code: string } }
  const verifiers = new Set<string>()
  for (const [at, keySwitch] of STAGES.entries()) {
    await control('/key-switch', keySwitch)
    // An option more makes another client, as another isolate would.
    const client = wechatpay(secrets, { timeout: 5000 + at })
    const { business_code } = examples
    const { verifiedBy } = await client.v3.apply4subject.applyment.get({ params: { business_code } })
    expect(verifiedBy).toMatch(keySwitch.stage === 'stopped' ? /^[0-9A-F]+$/ : /^PUB_KEY_ID_/)
    for (const request of await notifications(4))
      verifiers.add((await receiveNotification(client, request)).verifiedBy!)
  }
  expect([verifiers.size, await fetches()]).toEqual([2, 1])
  expect(await env.CERTIFICATES.get(`wechatpay-edge/certificates/${mchid}`)).toContain('encrypt_certificate')
})

test('the Worker records every notification of the switch, and of the way back', async () => {
  const { LEDGER, DELIVERIES } = env as unknown as Env
  const given = {
    LEDGER,
    DELIVERIES,
    ...environment,
    // The hash of a token that nobody shows here.
    GATEWAY_TOKEN: `sha256:${'0'.repeat(64)}`,
    GATEWAY_LOG: 'warn',
  } as unknown as Env
  let sent = 0
  for (const keySwitch of STAGES) {
    await control('/key-switch', keySwitch)
    for (const request of await notifications(3)) {
      const context = createExecutionContext()
      const response = await worker.fetch(request, given, context)
      await waitOnExecutionContext(context)
      expect([keySwitch, response.status]).toEqual([keySwitch, 204])
      sent++
    }
  }
  expect(sent).toBe(3 * STAGES.length)
  expect(await ledgerOf(given.LEDGER)(mchid).events(mchid, { limit: 100 })).toHaveLength(sent)
  expect(await fetches()).toBeLessThanOrEqual(1)
})
