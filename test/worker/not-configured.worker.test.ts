import { expect, test, vi } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import type { Env } from '../../worker/index.ts'
import { ADMIN, realEnvironment, serve, TOKEN } from './real.ts'

// In workerd: a deployed Worker whose configuration has mistakes, before strangers and before its operator.

const MCHID = '1900000777'
const CALLER = 'acme-finance'
const EMAIL = 'cfo@acme.example'
const KEY = 'S3CR3T-S3CR3T'
const mistaken = async (more: object = {}): Promise<Env> =>
  realEnvironment(await createSimulator(), {
    WECHATPAY_MERCHANTS: MCHID,
    [`WECHATPAY_${MCHID}_PRIVATE_KEY`]: KEY,
    GATEWAY_CONFIG: {
      callers: [
        { name: CALLER, tokens: [KEY], merchants: [MCHID, '1900000778'], allow: ['GET /v3/**'] },
        { name: CALLER, jwt: { issuer: 'x', claims: { [EMAIL]: '' } }, allow: ['GET /v3/**'] },
      ],
    },
    ...more,
  })
const PRIVATE = [MCHID, '1900000778', CALLER, EMAIL]
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
const ADDRESSES = ['/healthz', '/metrics', '/', '/v3/certificates', `/notify/${MCHID}`, '/admin/merchants']

test.each([
  ['a stranger', undefined],
  ['a stranger who makes up a token', bearer('wxe_made-up')],
  ['a stranger who shows the hash of a token', bearer(`sha256:${'0a'.repeat(32)}`)],
  ['a caller, who does not operate the gateway', bearer(TOKEN)],
])('%s learns the names of the variables, and neither merchants nor callers', async (_, init) => {
  const given = await mistaken()
  for (const address of ADDRESSES) {
    const response = await serve(address, given, init)
    const text = await response.text()
    expect([address, response.status, JSON.parse(text).code]).toEqual([address, 500, 'OPTION_INVALID'])
    expect(text).toContain('GATEWAY_CONFIG')
    expect(text).toContain('WECHATPAY_{mchid}_PRIVATE_KEY')
    for (const name of [...PRIVATE, KEY]) expect(text).not.toContain(name)
  }
})

test('the operator, who shows the admin token, is told what is wrong, and no secret', async () => {
  const text = await (await serve('/healthz', await mistaken(), bearer(ADMIN))).text()
  expect(text).toContain(`WECHATPAY_${MCHID}_PRIVATE_KEY: not PEM`)
  expect(text).toContain('the gateway has no such merchant')
  expect(text).not.toContain(KEY)
})

test.each(['', ' ', 'wxe_the-token-itself', `sha256:${'0a'.repeat(32)},`])(
  'an admin token that is configured as %j lets nobody in',
  async GATEWAY_ADMIN_TOKEN => {
    const given = await mistaken({ GATEWAY_ADMIN_TOKEN })
    for (const token of [ADMIN, 'wxe_the-token-itself', 'undefined'])
      expect(await (await serve('/healthz', given, bearer(token))).text()).not.toContain(CALLER)
  },
)

test('the log says once what is wrong, however often strangers ask', async () => {
  const given = await mistaken({ GATEWAY_LOG: 'loud' })
  const lines: string[] = []
  const spy = vi.spyOn(console, 'log').mockImplementation(line => void lines.push(line))
  for (let number = 0; number < 5; number++) await serve('/healthz', given)
  spy.mockRestore()
  const own = lines.filter(line => line.includes('not configured')).map(line => JSON.parse(line))
  expect(own).toMatchObject([{ level: 'error', detail: expect.stringContaining('GATEWAY_LOG: must be one of debug') }])
  expect(own[0].detail).toContain(`WECHATPAY_${MCHID}_PRIVATE_KEY`)
  expect(own[0].detail).not.toContain(KEY)
})
