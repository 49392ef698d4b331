import { expectTypeOf, test } from 'vitest'
import type { ClientError, ServiceError, SignatureError, TransportError } from '../../src/core/index.ts'
import { type ServiceError as Service, WechatpayError } from '../../src/core/index.ts'
import type { BillError } from '../../src/flows/bill/error.ts'

test('the code of an error tells its class, and with it the fields', () => {
  const narrow = (error: ClientError): unknown => {
    switch (error.code) {
      case 'SERVICE_ERROR':
        expectTypeOf(error).toEqualTypeOf<ServiceError>()
        return error.serviceCode
      case 'TIMEOUT':
        expectTypeOf(error).toEqualTypeOf<TransportError>()
        return error.mayHaveTakenEffect
      case 'SIGNATURE_PROBE':
        expectTypeOf(error).toEqualTypeOf<SignatureError>()
        return error.requestId
      // @ts-expect-error: a bill's code is none of a call
      case 'BILL_CUT_SHORT':
        return error
      default:
        return undefined
    }
  }
  expectTypeOf(narrow).returns.toEqualTypeOf<unknown>()
})

test('an error that is caught can be compared with any code', () => {
  const isTimeout = (error: unknown): boolean => error instanceof WechatpayError && error.code === 'TIMEOUT'
  const isCut = (error: BillError): boolean => error.code === 'BILL_CUT_SHORT'
  expectTypeOf(isTimeout).returns.toBeBoolean()
  expectTypeOf(isCut).returns.toBeBoolean()
  expectTypeOf<Service['code']>().toEqualTypeOf<'SERVICE_ERROR'>()
})
