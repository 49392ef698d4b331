import { beforeAll, describe, expect, test } from 'vitest'
import { ConfigurationError, Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler, type NotificationHandlers } from '../../../src/flows/notification/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

let client: Wechatpay
beforeAll(async () => {
  client = new Wechatpay((await createSimulator()).merchant)
})
/** Creates a handler as a program in JavaScript does, which no compiler reads. */
const create = (name: string) => createNotificationHandler(client, { [name]: () => {} } as NotificationHandlers)
const thrown = (work: () => unknown): ConfigurationError => {
  try {
    work()
  } catch (error) {
    return error as ConfigurationError
  }
  throw new Error('accepted')
}
const errorOf = (name: string): ConfigurationError => thrown(() => create(name))

describe('a handler for an event that there is not is refused when it is created', () => {
  test.each([
    ['TRANSACTION.SUCESS', 'TRANSACTION.SUCCESS'],
    ['TRANSACTION_SUCCESS', 'TRANSACTION.SUCCESS'],
    ['transaction.success', 'TRANSACTION.SUCCESS'],
    ['transaction-sucess', 'transaction-success'],
    ['v2/refund-processed', 'refund-processed'],
    ['REFUND.CLOSE', 'REFUND.CLOSED'],
    ['REFUNDS.*', 'REFUND.*'],
    ['MCHTRANSFER.BILLS.*', 'MCHTRANSFER.BILL.*'],
    ['PROFITSHARING.CHANGED', 'PROFITSHARING.CHANGE'],
    ['Otherwise', 'otherwise'],
  ])('%s: is %s meant?', (name, meant) => {
    const error = errorOf(name)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ code: 'OPTION_INVALID', option: `handlers['${name}']` })
    expect(error.message).toContain(`Did you mean '${meant}'?`)
  })

  test.each(['ORDER.SHIPPED', '*', 'constructor', ''])('%s, which is like none', name => {
    expect(errorOf(name).message).toMatch(/no notification has this name\. Events that .* are passed to "otherwise"\.$/)
  })
})

test.each([
  'TRANSACTION.SUCCESS',
  'v2/TRANSACTION.SUCCESS',
  'REFUND.*',
  'MCHTRANSFER.BILL.*',
  'PROFITSHARING.CHANGE',
  'transaction-success',
])('a handler for %s is accepted', name => expect(create(name)).toBeTypeOf('function'))

test.each([
  [undefined, 'OPTION_MISSING'],
  [null, 'OPTION_INVALID'],
  ['TRANSACTION.SUCCESS', 'OPTION_INVALID'],
  [() => {}, 'OPTION_INVALID'],
])('handlers that are %o are refused, and the error names the argument', (handlers, code) => {
  const error = thrown(() => createNotificationHandler(client, handlers as never))
  expect(error).toMatchObject({ code, name: 'ConfigurationError' })
  expect(error.message).toMatch(/^handlers/)
})

test.each([
  [{ seen: () => false }, 'remember'],
  [{ remember() {} }, 'seen'],
])('"seen" and "remember" are refused one without the other: %#', (options, option) => {
  const error = thrown(() => createNotificationHandler(client, {}, options))
  expect(error).toMatchObject({ code: 'OPTION_MISSING', option })
  expect(error.message).toMatch(/"seen".*"remember"/)
})
