import { describe, expect, it } from 'vitest'
import { isFinalRefundState, refundStateOf } from '../../src/core/base/refund-states.ts'
import { isAbsentCode } from '../../src/core/base/service-codes.ts'
import { isFinallyUnpaid, isFinalTradeState, isPaid } from '../../src/core/base/trade-states.ts'
import { ServiceError } from '../../src/core/index.ts'
import { isAbsent } from '../../src/flows/error-kind.ts'
import { isNoSuchOrder } from '../../src/gateway/health/signed-call.ts'

const refusal = (serviceCode: string) =>
  new ServiceError(
    { endpoint: undefined, serviceCode, serviceMessage: 'x', verifiedBy: 'PUB_KEY_ID_1' },
    { status: 404, headers: new Headers(), body: '' },
    false,
  )

describe('a code for what does not exist', () => {
  it.each([
    'ORDERNOTEXIST',
    'ORDER_NOT_EXIST',
    'RESOURCE_NOT_EXISTS',
    'REFUNDNOTEXIST',
    'REFUND_NOT_EXIST',
    'NOT_FOUND',
  ])('is one to every part: %s', code => {
    expect([isAbsentCode(code), isAbsent(refusal(code)), isNoSuchOrder(refusal(code))]).toEqual([true, true, true])
  })

  it.each(['NO_AUTH', 'SYSTEMERROR', 'PARAM_ERROR', ''])('is not: %s', code => {
    expect([isAbsentCode(code), isAbsent(refusal(code))]).toEqual([false, false])
  })

  it('proves nothing where it came unsigned and is one that proxies use too', () => {
    const unsigned = new ServiceError(
      { endpoint: undefined, serviceCode: 'NOT_FOUND', serviceMessage: 'x', verifiedBy: undefined },
      { status: 404, headers: new Headers(), body: '' },
      false,
    )
    expect([isAbsent(unsigned), isNoSuchOrder(unsigned)]).toEqual([false, false])
  })

  it('is NO_AUTH too where an order that nobody has is queried, and nothing else', () => {
    expect([isNoSuchOrder(refusal('NO_AUTH')), isNoSuchOrder(refusal('SIGN_ERROR'))]).toEqual([true, false])
  })
})

it('each documented trade state is paid, finally unpaid, or neither', () => {
  const states = ['SUCCESS', 'REFUND', 'NOTPAY', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR', 'ACCEPT']
  expect(states.filter(isPaid)).toEqual(['SUCCESS', 'REFUND'])
  expect(states.filter(isFinallyUnpaid)).toEqual(['CLOSED', 'REVOKED', 'PAYERROR'])
  expect(states.filter(isFinalTradeState)).toEqual(['SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR'])
})

it('each documented refund state is named as in APIv3, and final unless it is PROCESSING', () => {
  const states = ['PROCESSING', 'SUCCESS', 'CLOSED', 'REFUNDCLOSE', 'ABNORMAL', 'CHANGE', 'NEW']
  const named = states.map(status => refundStateOf({ status }))
  expect(named).toEqual(['PROCESSING', 'SUCCESS', 'CLOSED', 'CLOSED', 'ABNORMAL', 'ABNORMAL', 'NEW'])
  expect(states.map(refund_status => refundStateOf({ refund_status }))).toEqual(named)
  expect(named.filter(isFinalRefundState)).toEqual(['SUCCESS', 'CLOSED', 'CLOSED', 'ABNORMAL', 'ABNORMAL'])
})
