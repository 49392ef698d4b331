import { expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import worker from '../../worker/index.ts'
import { json, realEnvironment, serve, TOKENS } from './real.ts'

const simulator = await createSimulator()
const IMPORT = 'wxe_token-of-the-import'
const withToken = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })

test.each([
  ['the token itself', IMPORT],
  ['half of a hash', 'sha256:1234'],
])('LEDGER_IMPORT_TOKEN with %s in place of its hash is a mistake of the configuration', async (_, value) => {
  const response = await serve(
    '/admin/ledgers/import',
    realEnvironment(simulator, { LEDGER_IMPORT_TOKEN: value }),
    withToken(IMPORT),
  )
  expect([response.status, await response.text()]).toEqual([500, expect.stringContaining('Check LEDGER_IMPORT_TOKEN')])
})

test('the admin token does not import, even if its hash is LEDGER_IMPORT_TOKEN', async () => {
  const { GATEWAY_ADMIN_TOKEN } = TOKENS
  const given = realEnvironment(simulator, { LEDGER_IMPORT_TOKEN: GATEWAY_ADMIN_TOKEN })
  const response = await serve('/admin/ledgers/import', given, withToken('wxe_token-of-its-operator'))
  expect([response.status, await response.text()]).toEqual([
    500,
    expect.stringContaining('is the hash of a token of the caller admin'),
  ])
})

test('deliveries of the queue wait, and the cron trigger does nothing, until the import is over', async () => {
  const given = realEnvironment(simulator, { LEDGER_IMPORT_TOKEN: TOKENS.GATEWAY_TOKEN, LEDGER: undefined })
  const retried: number[] = []
  const message = {
    body: { mchid: simulator.merchant.mchid, delivery: 1 },
    ack: () => expect.fail('acknowledged'),
    retry: ({ delaySeconds = 0 } = {}) => void retried.push(delaySeconds),
  }
  await worker.queue({ queue: 'wechatpay-edge-deliveries', messages: [message] } as never, given, {} as never)
  await worker.scheduled({}, given)
  expect(retried).toEqual([expect.any(Number)])
  expect(retried[0]).toBeGreaterThan(0)
})

test('a blank LEDGER_IMPORT_TOKEN is none', async () => {
  const response = await serve('/admin/ledgers/import', realEnvironment(simulator, { LEDGER_IMPORT_TOKEN: ' ' }), {
    ...json({}),
    ...withToken('wxe_unknown'),
  })
  expect(response.status).toBe(401)
  expect(response.headers.get('wechatpay-edge-error')).toBe('UNAUTHENTICATED')
})
