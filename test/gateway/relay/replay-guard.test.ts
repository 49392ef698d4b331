import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Reply, ResponseError, ServiceError } from '../../../src/core/index.ts'
import { createReplayGuard, ReplayedResponseError } from '../../../src/gateway/relay/replay-guard.ts'

const CALL = { method: 'POST', path: '/v3/pay/transactions/native' }
/** The serial of WeChat Pay's key. */
const SERIAL = 'PUB_KEY_ID_1'
const SECOND = 1_000
let count = 0

/** Headers of a response that was signed at a time, milliseconds since 1970. */
const signedAt = (time: number): Headers =>
  new Headers({
    'wechatpay-timestamp': String(Math.floor(time / SECOND)),
    'wechatpay-signature': btoa(`signature ${count++}`),
  })
const reply = (headers: Headers): Reply<unknown> => ({
  data: {},
  status: 200,
  headers,
  requestId: undefined,
  verifiedBy: SERIAL,
})
const refusal = (headers: Headers, verifiedBy: string | undefined = SERIAL): ServiceError =>
  new ServiceError(
    { endpoint: undefined, serviceCode: 'PARAM_ERROR', serviceMessage: 'no', verifiedBy },
    { status: 400, headers, body: '{}' },
    false,
  )

/** This machine's clocks: `elapsed` is never set, and WeChat Pay's is ahead of it by an amount that nobody here knows. */
function createWorld(ahead: number) {
  const clock = { elapsed: 0 }
  const guard = createReplayGuard(() => clock.elapsed)
  const wechatpayNow = () => clock.elapsed + ahead
  /** A call that takes a while in both directions. */
  const call = (there = 20, back = 20, skew = 0) =>
    guard(CALL, async () => {
      clock.elapsed += there
      const headers = signedAt(wechatpayNow() + skew)
      clock.elapsed += back
      return reply(headers)
    })
  const receive = (headers: Headers) => guard(CALL, async () => Promise.reject(refusal(headers)))
  return { clock, guard, call, receive, wechatpayNow }
}
const EPOCH = Date.UTC(2026, 0, 1)

describe('a refusal that was signed before the call was sent', () => {
  test.each([
    ['this clock is right', EPOCH],
    ['this clock is four minutes fast', EPOCH - 240_000],
    ['this clock is four minutes slow', EPOCH + 240_000],
  ])('is refused although nobody has seen it: %s', async (_, ahead) => {
    const { clock, call, receive, wechatpayNow } = createWorld(ahead)
    const withheld = signedAt(wechatpayNow())
    for (let number = 0; number < 5; number++) await call()
    clock.elapsed += 60_000
    const error = await receive(withheld).catch(error => error)
    expect(error).toBeInstanceOf(ReplayedResponseError)
    expect(error).toMatchObject({ code: 'RESPONSE_REPLAYED', status: 400, mayHaveTakenEffect: true })
    expect(error.message).toContain('signed before the call was sent')
  })

  test('is taken for the answer while WeChat Pay’s clock is not known: the core’s five minutes bound it', async () => {
    const { clock, receive, wechatpayNow } = createWorld(EPOCH)
    const withheld = signedAt(wechatpayNow())
    clock.elapsed += 60_000
    await expect(receive(withheld)).rejects.toBeInstanceOf(ServiceError)
  })

  test('does not get through by being preceded by other old ones, a third of all', async () => {
    const { clock, call, receive, wechatpayNow } = createWorld(EPOCH)
    const withheld = Array.from({ length: 11 }, () => signedAt(wechatpayNow()))
    clock.elapsed += 60_000
    for (let number = 0; number < 20; number++) {
      await call()
      if (number % 2 === 0) await receive(withheld.pop()!).catch(() => {})
    }
    await expect(receive(withheld.pop()!)).rejects.toBeInstanceOf(ReplayedResponseError)
  })
})

describe('no answer to a call is refused', () => {
  test('whatever the clocks, the ways and the pauses are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: EPOCH - 1e9, max: EPOCH + 1e9 }),
        fc.array(
          fc.record({
            pause: fc.integer({ min: 0, max: 4 * 60 * 60_000 }),
            there: fc.integer({ min: 0, max: 30_000 }),
            back: fc.integer({ min: 0, max: 30_000 }),
            skew: fc.integer({ min: -14_000, max: 14_000 }),
          }),
          { maxLength: 80 },
        ),
        async (ahead, calls) => {
          const { clock, call } = createWorld(ahead)
          for (const { pause, there, back, skew } of calls) {
            clock.elapsed += pause
            await call(there, back, skew)
          }
        },
      ),
      { numRuns: 200 },
    )
  })

  test('because one server of WeChat Pay’s is minutes ahead', async () => {
    const { call } = createWorld(EPOCH)
    for (let number = 0; number < 60; number++) await call(20, 20, number % 3 === 0 ? 200_000 : 0)
  })

  test('because two clocks drift apart while nothing is sent for weeks', async () => {
    const { clock, guard } = createWorld(EPOCH)
    const callAhead = (ahead: number) => guard(CALL, async () => reply(signedAt(clock.elapsed + ahead)))
    for (let number = 0; number < 31; number++) await callAhead(EPOCH)
    clock.elapsed += 30 * 24 * 60 * 60_000
    for (let number = 0; number < 31; number++) await callAhead(EPOCH - 60_000)
  })

  test('because a refusal came unsigned, twice the same', async () => {
    const { guard } = createWorld(EPOCH)
    const unsigned = refusal(new Headers(), undefined)
    // A default parameter has taken the place of `undefined`.
    Object.assign(unsigned, { verifiedBy: undefined })
    for (let number = 0; number < 2; number++)
      await expect(guard(CALL, async () => Promise.reject(unsigned))).rejects.toBe(unsigned)
  })

  test('and any other error passes as it is', async () => {
    const { guard } = createWorld(EPOCH)
    const error = new ResponseError('NOT_JSON', 'x', { status: 200, headers: signedAt(EPOCH), body: '' }, true)
    for (let number = 0; number < 2; number++)
      await expect(guard(CALL, async () => Promise.reject(error))).rejects.toBe(error)
  })
})

test('the latest 10,000 responses are remembered', async () => {
  const { guard, wechatpayNow } = createWorld(EPOCH)
  const send = (headers: Headers) => guard(CALL, async () => reply(headers))
  const [first, second] = [signedAt(wechatpayNow()), signedAt(wechatpayNow())]
  await send(first)
  await send(second)
  for (let number = 0; number < 9_999; number++) await send(signedAt(wechatpayNow()))
  await expect(send(second)).rejects.toMatchObject({ code: 'RESPONSE_REPLAYED' })
  await expect(send(first)).resolves.toBeDefined()
})
