import { createPrivateKey, sign } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import type { Signer } from '../../src/core/index.ts'
import { startServer } from '../../src/server/start.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { hashOf, TOKEN, variablesOf } from '../worker/account.ts'

// A gateway as a process, whose merchant's key is elsewhere; WeChat Pay simulated over HTTP.

const ADMIN_TOKEN = 'wxe_token-of-the-operator'
let simulator: Simulator
let environment: Record<string, string | undefined>
const closing: (() => Promise<void>)[] = []
let asked = 0
let isDown = false

beforeAll(async () => {
  simulator = await createSimulator()
  const server = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
  closing.push(() => server.close())
  const { WECHATPAY_PRIVATE_KEY: _, WECHATPAY_CERTIFICATE: __, ...variables } = await variablesOf(simulator, server.url)
  environment = {
    ...variables,
    GATEWAY_TOKEN: hashOf(TOKEN),
    GATEWAY_ADMIN_TOKEN: hashOf(ADMIN_TOKEN),
    GATEWAY_LOG: 'warn',
  }
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

const signer = (): Signer => {
  const key = createPrivateKey(simulator.merchant.privateKey)
  return {
    sign(message) {
      asked++
      if (isDown) throw new Error('arn:aws:kms:secret')
      return sign('sha256', message, key)
    },
  }
}

async function start(more: Record<string, string | undefined> = {}) {
  const lines: string[] = []
  const started = await startServer({
    environment: { ...environment, ...more },
    signers: { [simulator.merchant.mchid]: signer() },
    data: ':memory:',
    write: line => lines.push(line),
  })
  closing.push(() => started.server.close())
  const call = (path: string, init: RequestInit = {}) => {
    const authorization = `Bearer ${path === '/healthz' ? ADMIN_TOKEN : TOKEN}`
    const headers = { authorization, 'content-type': 'application/json' }
    return started.server.fetch(new Request(`http://gateway.example${path}`, { ...init, headers }))
  }
  return { ...started, call, lines }
}

test('a gateway calls WeChat Pay with the signer of the merchant, and asks it for nothing else', async () => {
  const { call, findings } = await start()
  expect([findings, asked]).toEqual([[], 0])
  const health = await (await call('/healthz')).text()
  expect(health).toContain('A signer holds the private key')
  expect(asked).toBe(0)
  const { mchid, serial } = simulator.merchant
  const response = await call(`/v3/pay/transactions/out-trade-no/NONE01?mchid=${mchid}`)
  expect([response.status, asked]).toEqual([404, 1])
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: serial })
})

test('a signer that fails is a problem that says so; nothing is sent, and nothing of its error is shown', async () => {
  const { call, lines } = await start()
  const sent = simulator.journal.length
  isDown = true
  const response = await call('/v3/pay/transactions/native', { method: 'POST', body: '{"amount":{"total":1}}' })
  isDown = false
  const problem = await response.json()
  expect([response.status, problem]).toMatchObject([502, { code: 'SIGNER_FAILED', mayHaveTakenEffect: false }])
  expect(simulator.journal.length).toBe(sent)
  expect(JSON.stringify(problem) + lines.join('\n')).not.toContain('arn:')
})

test('a key beside the signer is refused, and so is the signer of a merchant that is not configured', async () => {
  const own = start({ WECHATPAY_PRIVATE_KEY: simulator.merchant.privateKey })
  await expect(own).rejects.toThrow(/WECHATPAY_SIGNER.*Remove the key/s)
  const signers = { '1900000110': signer(), [simulator.merchant.mchid]: signer() }
  await expect(startServer({ environment, signers, data: ':memory:' })).rejects.toThrow(/1900000110/)
})
