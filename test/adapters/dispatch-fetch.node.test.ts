import { expect, test } from 'vitest'
import { type Dispatcher, dispatchFetch } from '../../src/adapters/dispatch-fetch.ts'
import { reportUnsent } from '../../src/adapters/unsent.ts'

type Handler = Parameters<Dispatcher['dispatch']>[1]
/** The interface of undici 7 and later, which later versions may require. */
interface NewHandler {
  onRequestStart(controller: object): void
}

/** An agent of a version whose interface is another one. */
class FutureAgent implements Dispatcher {
  dispatch(_: object, handler: unknown): boolean {
    ;(handler as NewHandler).onRequestStart({})
    return true
  }
}

const URL_TEXT = 'http://127.0.0.1:1/v3/pay'
const send = (dispatcher: Dispatcher, signal?: AbortSignal) =>
  reportUnsent(async () =>
    dispatchFetch(dispatcher, URL_TEXT, { method: 'POST', body: '{}', headers: {}, signal } as never),
  )(URL_TEXT)

test('a dispatcher with another interface has sent nothing, and the error says so', async () => {
  const error = await dispatchFetch(new FutureAgent(), URL_TEXT, { method: 'GET', headers: {} } as never).catch(e => e)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.cause.cause.message).toContain('onRequestStart')
  await expect(send(new FutureAgent())).rejects.toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: false })
})

test('a dispatcher that throws after it has a connection leaves the outcome unknown', async () => {
  const dispatcher: Dispatcher = {
    dispatch(_, handler) {
      handler.onConnect(() => {})
      throw new Error('broken')
    },
  }
  const error = await send(dispatcher).catch(e => e)
  expect(error).toBeInstanceOf(TypeError)
  expect(error.cause.message).toBe('broken')
})

test('a request that was reported as not sent is aborted if a connection comes after all', async () => {
  let handler: Handler | undefined
  const dispatcher: Dispatcher = {
    dispatch(_, given) {
      handler = given
      throw new Error('broken')
    },
  }
  await expect(send(dispatcher)).rejects.toMatchObject({ mayHaveTakenEffect: false })
  let reason: unknown
  handler!.onConnect(given => {
    reason = given
  })
  expect(reason).toMatchObject({ message: 'broken' })
})
