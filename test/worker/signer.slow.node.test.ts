import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { type Account, hashOf, startAccount, TOKEN, variablesOf } from './account.ts'

// The gateway in workerd without a private key, bound to the Worker that holds it; WeChat Pay simulated over HTTP.

let simulator: Simulator
let account: Account
const closing: (() => Promise<void>)[] = []

beforeAll(async () => {
  simulator = await createSimulator()
  const server = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
  closing.push(() => server.close())
  const { WECHATPAY_PRIVATE_KEY: PRIVATE_KEY, ...variables } = await variablesOf(simulator, server.url)
  const gateway = { ...variables, GATEWAY_TOKEN: hashOf(TOKEN), GATEWAY_LOG: 'error' }
  account = await startAccount(gateway, {}, { PRIVATE_KEY: PRIVATE_KEY! })
  closing.push(account.close)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const order = (total: number) => ({
  appid: simulator.merchant.appid,
  mchid: simulator.merchant.mchid,
  description: '茶',
  out_trade_no: `T${total}`.padEnd(8, '0'),
  notify_url: 'https://shop.example.com/notify',
  amount: { total },
})
const place = (path: string, body: object) =>
  fetch(account.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })

test('the gateway’s Worker calls with the key of another', async () => {
  const placed = await place('/v3/pay/transactions/native', order(100))
  expect([placed.status, await placed.json()]).toEqual([200, { code_url: expect.stringMatching(/^weixin:/) }])
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: simulator.merchant.serial })
})

test('a call that the other Worker refuses to sign is a problem of the gateway, and not sent', async () => {
  const sent = simulator.journal.length
  const refused = await place('/v3/pay/transactions/native', order(100_001))
  expect([refused.status, await refused.json()]).toMatchObject([
    502,
    { code: 'SIGNER_FAILED', mayHaveTakenEffect: false },
  ])
  expect(simulator.journal.length).toBe(sent)
})
