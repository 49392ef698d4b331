import { describe, expect, test } from 'vitest'
import { asksAgain, codeKind, isLimited, leavesDoubt, mayDoLater } from '../../../src/core/base/service-codes.ts'
import { ServiceError } from '../../../src/core/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../test-client.ts'

/** The advice of WeChat Pay's pages for a code: whether it leaves a doubt, asks to repeat the call, allows to repeat it later. */
const ADVICE: [code: string, doubt: boolean, again: boolean, later: boolean][] = [
  ['SYSTEM_ERROR', true, true, true],
  ['SYSTEMERROR', true, true, true],
  ['BIZERR_NEED_RETRY', true, true, true],
  ['BANKERROR', true, false, true],
  ['BANK_ERROR', true, false, true],
  ['USERPAYING', true, false, true],
  ['FREQUENCY_LIMITED', false, true, true],
  ['FREQUENCY_LIMIT_EXCEED', false, true, true],
  ['RATELIMIT_EXCEED', false, true, true],
  ['INVALID_REQ_TOO_MUCH', false, false, true],
  ['NOT_ENOUGH', false, false, true],
  ['NOTENOUGH', false, false, true],
  ['NO_AUTH', false, false, true],
  ['SIGN_ERROR', false, false, true],
  ['PARAM_ERROR', false, false, false],
  ['ORDERPAID', false, false, false],
  ['OUT_TRADE_NO_USED', false, false, false],
  ['RESOURCE_NOT_EXISTS', false, false, false],
]

test.each(ADVICE)('%s: doubt %s, again %s, later %s', (code, doubt, again, later) => {
  for (const isProven of [true, false])
    expect([leavesDoubt(code, 400, isProven), asksAgain(code), mayDoLater(code)]).toEqual([doubt, again, later])
})

test.each(['FORBIDDEN', 'NOT_FOUND', 'UNAUTHORIZED', 'BAD_REQUEST', 'HTTP_403', '', 'constructor', '__proto__'])(
  'a code that is not in the table, %j, refuses a call only where it is signed',
  code => {
    expect([leavesDoubt(code, 403, true), leavesDoubt(code, 403, false)]).toEqual([false, true])
    expect([codeKind(code), asksAgain(code), isLimited(code), mayDoLater(code)]).toEqual([
      undefined,
      false,
      false,
      false,
    ])
  },
)

test('a 5xx leaves a doubt, whatever it says and whoever has signed it', () => {
  expect(leavesDoubt('PARAM_ERROR', 500, true)).toBe(true)
})

describe('an error of a call that changes something', () => {
  const doubtOf = async (path: string, answer: Response) => {
    const { wxpay } = createTestClient([answer])
    const error = await wxpay
      .request('POST', path, { body: { out_trade_no: 'N1', mch_billno: 'B1' } })
      .catch(cause => cause)
    expect(error).toBeInstanceOf(ServiceError)
    return (error as ServiceError).mayHaveTakenEffect
  }
  const signed = async (status: number, code: string) => {
    const { headers, ...answer } = await signedV3Response({ code, message: 'x' }).then(async it => ({
      headers: it.headers,
      body: await it.text(),
    }))
    return new Response(answer.body, { status, headers })
  }
  const REFUND = 'v3/refund/domestic/refunds'

  test('is a refusal where WeChat Pay has signed it, in whatever code', async () => {
    expect(await doubtOf(REFUND, await signed(403, 'A_CODE_OF_TOMORROW'))).toBe(false)
    expect(
      await doubtOf('v2/secapi/pay/refund', signedV2Response({ result_code: 'FAIL', err_code: 'A_CODE_OF_TOMORROW' })),
    ).toBe(false)
  })

  test('leaves a doubt where a signed code says so, whatever the status', async () => {
    expect(await doubtOf(REFUND, await signed(400, 'SYSTEM_ERROR'))).toBe(true)
    expect(await doubtOf('v2/pay/micropay', signedV2Response({ result_code: 'FAIL', err_code: 'BANKERROR' }))).toBe(
      true,
    )
  })

  test('is a refusal where APIv2 could not read the message, which it never signs', async () => {
    const answer = signedV2Response({ return_code: 'FAIL', return_msg: '签名错误' }, false)
    expect(await doubtOf('v2/secapi/pay/refund', answer)).toBe(false)
  })

  test('leaves a doubt of a red packet, whose answers are all unsigned, unless its code is documented', async () => {
    const path = 'v2/mmpaymkttransfers/sendredpack'
    const fail = (more: Record<string, string>) => signedV2Response({ result_code: 'FAIL', ...more }, false)
    expect(await doubtOf(path, fail({ return_code: 'FAIL', return_msg: '系统繁忙' }))).toBe(true)
    expect(await doubtOf(path, fail({ err_code: 'SENDNUM_LIMIT' }))).toBe(true)
    expect(await doubtOf(path, fail({ err_code: 'NOTENOUGH' }))).toBe(false)
  })
})
