import { expect, test } from 'vitest'
import { withoutUrl } from '../../src/core/base/without-url.ts'
import { TransportError } from '../../src/core/index.ts'
import { createTestClient } from './test-client.ts'

const PATH = '/v3/merchant-service/users/oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'
const URL_OF_USER = `https://api.mch.weixin.qq.com${PATH}`
const failing = (): never => {
  throw new Error('no text')
}

test.each<[string, unknown]>([
  ['a member without a prototype', Object.assign(new Error('down'), { info: Object.create(null) })],
  ['a member that cannot be made a string', Object.assign(new Error('down'), { info: { toString: failing } })],
  ['a symbol', Object.assign(new Error('down'), { info: Symbol('x') })],
  ['a getter that throws', Object.defineProperty(new Error('down'), 'info', { enumerable: true, get: failing })],
  ['a message that is an object', Object.assign(new Error(), { message: Object.create(null) })],
  ['a cause whose message is an object', new Error('down', { cause: Object.assign(new Error(), { message: {} }) })],
  ['an object without a prototype', Object.create(null)],
  ['a symbol alone', Symbol('down')],
  ['nothing', undefined],
  ['null', null],
])('an error of fetch with %s is a TransportError all the same', async (_, thrown) => {
  const { wxpay } = createTestClient([], { fetch: () => Promise.reject(thrown), retry: false })
  const error = await wxpay.request('POST', PATH, { body: {} }).catch(error => error)
  expect(error).toBeInstanceOf(TransportError)
  expect(error).toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: true, message: expect.any(String) })
})

test('the reason of a runtime that ends with a full stop, as workerd’s does, ends one sentence', async () => {
  const { wxpay } = createTestClient([], {
    fetch: () => Promise.reject(new Error('Network connection lost.')),
    retry: false,
  })
  const { message } = await wxpay.request('POST', PATH, { body: {} }).catch(error => error)
  expect(message).toContain('Network connection lost. The call may have taken effect')
})

test.each<[string, unknown]>([
  ['a string', `no answer from ${URL_OF_USER}`],
  ['a member that is a URL', Object.assign(new Error('down'), { input: new URL(URL_OF_USER) })],
  ['a member that is a string', Object.assign(new Error('down'), { path: URL_OF_USER })],
  ['a cause', new Error('down', { cause: new Error(URL_OF_USER) })],
])('the path is removed from %s', (_, thrown) => {
  const cleaned = withoutUrl(thrown, URL_OF_USER)
  const { message, stack, cause, ...members } = Object(cleaned)
  expect([String(cleaned), message, stack, String(cause), JSON.stringify(members)].join()).not.toContain('oUpF8u')
})
