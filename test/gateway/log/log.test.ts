import { describe, expect, test } from 'vitest'
import { createLog, type LogLevel, redactingLog } from '../../../src/gateway/log/log.ts'
import { APIV3_KEY } from '../../conformance/vectors.ts'
import { PRIVATE_KEY } from '../../fixtures/keys.ts'

function logAt(level: LogLevel) {
  const lines: string[] = []
  const log = createLog({ level, write: line => lines.push(line), now: () => Date.UTC(2026, 0, 2, 3, 4, 5) })
  return { log, lines }
}
const written = (members: object): string => {
  const { log, lines } = logAt('debug')
  log.debug('call', members)
  return lines[0]!
}

test('a line is JSON: time, level, event, and the members that are known', () => {
  const { log, lines } = logAt('info')
  const strangers = { privateThings: 'x', time: 'x', level: 'x', event: 'x' }
  log.info('call', { ...strangers, mchid: '1900000109', requestId: 'r1', status: 200, code: undefined } as object)
  expect(lines).toEqual([
    '{"time":"2026-01-02T03:04:05.000Z","level":"info","event":"call","requestId":"r1","mchid":"1900000109","status":200}',
  ])
})

test('below its level nothing is written', () => {
  const levels = ['debug', 'info', 'warn', 'error'] as const
  for (const [at, level] of levels.entries()) {
    const { log, lines } = logAt(level)
    for (const one of levels) log[one]('event')
    expect(lines.map(line => JSON.parse(line).level)).toEqual(levels.slice(at))
  }
})

test('a body is told at the debug level alone', () => {
  const { log, lines } = logAt('debug')
  const members = { query: { a: 1 }, body: { b: 2 } }
  log.debug('call', members)
  log.info('call', members)
  expect(lines.map(line => JSON.parse(line).body)).toEqual([{ b: 2 }, undefined])
  expect(lines[1]).not.toContain('query')
})

test('whatever is handed over, it does not fail, and a line is one line', () => {
  const circle: Record<string, unknown> = { big: 2n ** 64n }
  circle.circle = circle
  const throwing = {
    get trap() {
      throw new Error('trap')
    },
  }
  const { log, lines } = logAt('debug')
  for (const body of [circle, throwing, () => {}, Symbol('x'), new Error('two\nlines'), Number.NaN, [undefined]])
    log.debug('call', { body })
  const failing = createLog({
    level: 'debug',
    write() {
      throw new Error('disk full')
    },
  })
  failing.debug('call')
  expect(lines).toHaveLength(6)
  for (const line of lines) expect([line.includes('\n'), typeof JSON.parse(line)]).toEqual([false, 'object'])
  expect(lines[0]).toContain('18446744073709551616')
})

describe('what looks like a secret is taken out', () => {
  const SIGNATURE = 'mPV2dlCv7v+9QyF3R2rJ/Y6w'.repeat(14)
  test.each<[string, unknown, string]>([
    ['a PEM', PRIVATE_KEY, PRIVATE_KEY.slice(40, 80)],
    ['a PEM on one line', PRIVATE_KEY.replaceAll('\n', '\\n'), PRIVATE_KEY.slice(40, 80)],
    ['a PEM that is cut short', PRIVATE_KEY.slice(0, 200), PRIVATE_KEY.slice(40, 80)],
    ['a bearer credential', 'Authorization: Bearer abcdef0123456789', 'abcdef'],
    ["a webhook's secret", 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'MfKQ9r8G'],
    ["a caller's token", 'it showed wxe_abc-def_0123456789', 'abc-def'],
    ['a JWT', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJzdWI'],
    ['a signature', `WECHATPAY2-SHA256-RSA2048 mchid="1",signature="${SIGNATURE}"`, SIGNATURE.slice(0, 80)],
    ['a signature by its name, however short', { paySign: 'C380BEC2BFD727A4' }, 'C380BEC2'],
    ['a sign within JSON', '{"sign":"C380BEC2BFD727A4","a":1}', 'C380BEC2'],
    ['a sign within JSON within JSON', '{\\"sign\\":\\"C380BEC2BFD727A4\\"}', 'C380BEC2'],
    ['a sign within XML', '<xml><sign><![CDATA[C380BEC2BFD727A4]]></sign></xml>', 'C380BEC2'],
    ['a sign within a query', '/pay?a=1&sign=C380BEC2BFD727A4', 'C380BEC2'],
    ['an API key under a name of one', { nested: [{ myKeyIs: APIV3_KEY }] }, APIV3_KEY],
    ['an API key in a text', `apiv3Key: ${APIV3_KEY}`, APIV3_KEY],
    ['a short key under the name of one', { privateKey: 'abc123' }, 'abc123'],
    ['a token in prose', 'the token: 0123456789abcdef', '0123456789abcdef'],
    ['a password', { password: 'hunter2', list: [{ secrets: ['hunter3'] }] }, 'hunter'],
    ["a shopper's payment code", { auth_code: '130061098828009406' }, '1300610988'],
    [
      "a payer's openid in a path",
      '/v3/marketing/favor/users/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o/coupons/1',
      'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    ],
    ['what is in the message of an error', new Error('Bearer abcdef0123456789'), 'abcdef'],
  ])('%s', (_, value, secret) => {
    for (const members of [{ body: value }, { detail: value }, { detail: { deep: [value] } }]) {
      const line = written(members)
      expect(line).toContain('[redacted]')
      expect(line).not.toContain(secret)
    }
  })

  test('and what does not stays', () => {
    const detail = {
      out_trade_no: '20260102030405000000000000000001',
      idempotencyKey: 'order-1',
      sign_type: 'RSA',
      design: 'x',
      words: 'GATEWAY_TOKEN: a gateway with real keys needs one. passphrase: it does not open. The signature is wrong',
      text: 'signed with key PUB_KEY_ID_0119000001092026010200000000000001',
    }
    expect(JSON.parse(written({ detail })).detail).toEqual(detail)
  })
})

test('a text is told up to 4096 characters', () => {
  const { detail } = JSON.parse(written({ detail: '中'.repeat(5000) }))
  expect(detail).toBe(`${'中'.repeat(4096)}…`)
})

test('an error is told by its class and codes, a path by what is nobody’s own, whoever forgot to redact them', () => {
  const openid = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
  const reason = new TypeError('the name 张三 does not fit', {
    cause: Object.assign(new Error(openid), { code: 'EIO' }),
  })
  for (const level of ['debug', 'info', 'warn', 'error'] as const) {
    const { log, lines } = logAt('debug')
    log[level]('refused', { method: 'GET', path: `/v3/marketing/favor/users/${openid}/coupons`, reason })
    expect(lines[0]).not.toContain('张三')
    expect(lines[0]).not.toContain(openid)
    const { path, reason: told } = JSON.parse(lines[0]!)
    expect(path).toBe('/v3/marketing/favor/users/[redacted]/coupons')
    expect(told).toMatch(/^TypeError ← Error EIO( at |$)/)
  }
})

test('somebody’s own log gets no path and no error as they are', () => {
  const written: unknown[] = []
  const write = (_: string, members: unknown) => void written.push(members)
  const log = redactingLog({ level: 'debug', debug: write, info: write, warn: write, error: write })
  log.warn('failed', { path: '/13800000000', method: 'GET', reason: new Error('张三') })
  expect(JSON.stringify(written)).not.toMatch(/张三|13800000000/)
})
