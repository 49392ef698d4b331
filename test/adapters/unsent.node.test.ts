import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { optionsFrom } from '../../src/adapters/node.ts'
import { reportUnsent } from '../../src/adapters/unsent.ts'
import { unsentCases } from './unsent.ts'

const ENVIRONMENT = { WECHATPAY_MCHID: '1900000109' }

describe('in Node', () => {
  const transports = [{ name: 'the adapter', fetch: optionsFrom(ENVIRONMENT).fetch! }]
  for (const { name, run } of unsentCases(transports)) test(name, run)

  test('the error asks for the address where the service speaks HTTP without TLS', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const call = transports[0]!.fetch(`https://127.0.0.1:${(server.address() as AddressInfo).port}/`)
    await expect(call).rejects.toThrow(/so nothing was sent\. It speaks no https: does its address begin with http:/)
    server.close()
  })
})

const send = (error: unknown) =>
  reportUnsent(async () => Promise.reject(error))('https://api.mch.weixin.qq.com/v3/a?b=c')
const errorWith = (fields: object, message = 'x') =>
  new TypeError('fetch failed', { cause: Object.assign(new Error(message), fields) })

describe('an error of a connection', () => {
  test.each([
    ['a host that no route leads to', { code: 'EHOSTUNREACH', syscall: 'connect' }],
    ['a connection that takes too long', { code: 'UND_ERR_CONNECT_TIMEOUT' }],
    ['a name server that is away', { code: 'EAI_AGAIN', syscall: 'getaddrinfo' }],
    ['a certificate for another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID' }],
    ['a certificate that has expired', { code: 'CERT_HAS_EXPIRED' }],
  ])('that was never made: %s', async (_, fields) => {
    await expect(send(errorWith(fields))).rejects.toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: false })
  })

  test('to a name with two addresses counts where both were refused only', async () => {
    const refused = Object.assign(new Error('a'), { code: 'ECONNREFUSED', syscall: 'connect' })
    const reset = Object.assign(new Error('b'), { code: 'ECONNRESET', syscall: 'read' })
    await expect(send(new AggregateError([refused, refused]))).rejects.toMatchObject({ mayHaveTakenEffect: false })
    const mixed = new AggregateError([refused, reset])
    await expect(send(mixed)).rejects.toBe(mixed)
  })

  test.each([
    ['reset while it was read', { code: 'ECONNRESET', syscall: 'read' }],
    ['broken while it was written', { code: 'EPIPE', syscall: 'write' }],
    ['lost after it was made', { code: 'EHOSTUNREACH', syscall: 'read' }],
    ['with a record that does not decrypt', { code: 'ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC' }],
    ['with a record of another version', { code: 'ERR_SSL_WRONG_VERSION_NUMBER' }],
    ['that is unknown', {}],
  ])('that may have carried the request stays as it is: %s', async (_, fields) => {
    const error = errorWith(fields)
    await expect(send(error)).rejects.toBe(error)
  })

  test('does not tell the path, which may name a person', async () => {
    const error = await send(errorWith({ code: 'ECONNREFUSED', path: 'https://api.mch.weixin.qq.com/v3/a?b=c' })).catch(
      error => error,
    )
    expect(error.message).toBe('No connection to api.mch.weixin.qq.com (ECONNREFUSED), so nothing was sent.')
    expect(JSON.stringify([error, error.cause, error.cause.cause])).not.toContain('/v3/a')
  })
})

test('a fetch that a program has put in place of the runtime’s may send twice: what it fails with stays in doubt', async () => {
  const { fetch } = optionsFrom(ENVIRONMENT)
  const error = errorWith({ code: 'ECONNREFUSED', syscall: 'connect' })
  vi.stubGlobal('fetch', () => Promise.reject(error))
  try {
    await expect(fetch!('https://api.mch.weixin.qq.com/v3/a', { method: 'POST' })).rejects.toBe(error)
  } finally {
    vi.unstubAllGlobals()
  }
})
