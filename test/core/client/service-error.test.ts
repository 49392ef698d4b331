import { describe, expect, expectTypeOf, it } from 'vitest'
import { isServiceError, ServiceError, type ServiceErrorDetail, type Wechatpay } from '../../../src/core/index.ts'
import { createTestClient } from '../test-client.ts'

const REFUNDS = 'POST /v3/refund/domestic/refunds'
const REFUND = 'GET /v3/refund/domestic/refunds/{out_refund_no}'

/** A client whose calls are all refused. */
async function refusal(call: (wxpay: Wechatpay) => Promise<unknown>, body: string): Promise<ServiceError> {
  const { wxpay } = createTestClient([new Response(body, { status: body.startsWith('{') ? 403 : 200 })])
  const error = await call(wxpay).then(
    () => undefined,
    error => error,
  )
  if (!(error instanceof ServiceError)) throw error
  return error
}
const json = (detail: unknown) => JSON.stringify({ code: 'NOT_ENOUGH', message: '余额不足', detail })

describe('the error of a refused call names its endpoint', () => {
  it.each<[string, string | undefined, (wxpay: Wechatpay) => Promise<unknown>]>([
    ['by its definition', REFUNDS, wxpay => wxpay.v3.refund.domestic.refunds.post({} as never)],
    [
      'without what fills a placeholder',
      REFUND,
      wxpay => wxpay.v3.refund.domestic.refunds._out_refund_no_.get({ out_refund_no: 'personal' } as never),
    ],
    [
      'in each spelling',
      REFUND,
      wxpay => wxpay.chain('v3/refund/domestic/refunds/$out_refund_no$').get({ out_refund_no: '1' } as never),
    ],
    [
      'not after request, whose path is filled in',
      undefined,
      wxpay => wxpay.request('GET', 'v3/refund/domestic/refunds/1'),
    ],
    [
      'after request with a template',
      REFUND,
      wxpay =>
        wxpay.request('GET', 'v3/refund/domestic/refunds/1', {
          template: '/v3/refund/domestic/refunds/{out_refund_no}',
        }),
    ],
  ])('%s', async (_, endpoint, call) => {
    const error = await refusal(call, json(undefined))
    expect([error.endpoint, error.serviceCode]).toEqual([endpoint, 'NOT_ENOUGH'])
    expect(isServiceError(error, REFUNDS)).toBe(endpoint !== REFUND)
    expect(isServiceError(error, REFUND)).toBe(endpoint !== REFUNDS)
  })

  it('of APIv2 with /v2 before its path', async () => {
    const xml = '<xml><return_code>FAIL</return_code><return_msg>x</return_msg></xml>'
    const error = await refusal(wxpay => wxpay.v2.pay.closeorder.post({} as never), xml)
    expect(error.endpoint).toBe('POST /v2/pay/closeorder')
    expect(isServiceError(error, 'POST /v2/pay/closeorder')).toBe(true)
    expect(isServiceError(error, REFUNDS)).toBe(false)
  })
})

it('no other error is one of an endpoint', () => {
  for (const error of [new Error('NOT_ENOUGH'), undefined, { serviceCode: 'NOT_ENOUGH', endpoint: REFUNDS }])
    expect(isServiceError(error, REFUNDS)).toBe(false)
})

it.each([
  [
    { field: '/amount/refund', location: 'body' },
    { field: '/amount/refund', location: 'body' },
  ],
  [['a'], ['a']],
  ['a text', undefined],
  [1, undefined],
  [null, undefined],
  [undefined, undefined],
])('the detail %j is read as %j, an object or nothing', async (sent, detail) => {
  expect((await refusal(wxpay => wxpay.v3.certificates.get(), json(sent))).detail).toEqual(detail)
})

it('the codes of an endpoint have a type, which others fit too', () => {
  const typed = (error: unknown): void => {
    if (isServiceError(error, REFUNDS)) {
      expectTypeOf<'NOT_ENOUGH' | 'SYSTEM_ERROR' | 'PARAM_ERROR'>().toExtend<typeof error.serviceCode>()
      expectTypeOf<Exclude<typeof error.serviceCode, string & {}>>().toEqualTypeOf<never>()
      expectTypeOf(error.serviceCode === 'A_CODE_OF_TOMORROW').toBeBoolean()
      expectTypeOf(error.detail?.field).toEqualTypeOf<string | undefined>()
      expectTypeOf(error.requestId).toEqualTypeOf<string | undefined>()
    } else if (error instanceof ServiceError) {
      expectTypeOf(error.serviceCode).not.toBeAny()
      expectTypeOf(error.serviceCode).toExtend<string>()
      expectTypeOf(error.detail).toEqualTypeOf<ServiceErrorDetail | undefined>()
      // @ts-expect-error: the documented fields are typed
      error.detail?.sign_information satisfies number
    }
    // @ts-expect-error: no such endpoint
    isServiceError(error, 'POST /v3/refund/domestic/refund')
    // @ts-expect-error: the endpoint has another method
    isServiceError(error, 'GET /v3/refund/domestic/refunds')
    // @ts-expect-error: an error spells the placeholder {out_refund_no}
    isServiceError(error, 'GET /v3/refund/domestic/refunds/$out_refund_no$')
  }
  expect(typed).toBeTypeOf('function')
})

it('endpoints without documented codes have the common ones', () => {
  const typed = (error: unknown): void => {
    if (isServiceError(error, 'POST /v3/pay/transactions/native')) {
      expectTypeOf<'SYSTEM_ERROR' | 'PARAM_ERROR'>().toExtend<typeof error.serviceCode>()
      expectTypeOf(error.serviceCode === 'A_CODE_OF_TOMORROW').toBeBoolean()
    }
    isServiceError(error, 'GET /v3/pay/transactions/out-trade-no/{out_trade_no}')
    isServiceError(error, 'POST /v2/pay/micropay')
    isServiceError(error, 'GET /brand/card-member/cards')
  }
  expect(typed).toBeTypeOf('function')
})
