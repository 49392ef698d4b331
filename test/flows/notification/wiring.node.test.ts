import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import { afterAll, expect, it } from 'vitest'
import { toRequest } from '../../../src/adapters/frameworks/index.ts'
import { ConfigurationError, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { createSimulator } from '../../../src/simulator/index.ts'

// How a new user wires it up: by handing on whatever the framework at hand has.

const simulator = await createSimulator({ seed: 'wiring' })
const wechatpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
const paid: unknown[] = []
const handler = createNotificationHandler(
  wechatpay,
  { 'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no) },
  { onError: () => {} },
)

let respond: (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>
const server = createServer((incoming, outgoing) => respond(incoming, outgoing))
server.listen(0, '127.0.0.1')
await once(server, 'listening')
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`
afterAll(() => new Promise(done => server.close(done)))

/** The error of what is called with whatever a server hands on for a genuine notification. */
async function errorWhen(call: (incoming: IncomingMessage) => unknown): Promise<unknown> {
  let thrown: unknown
  respond = async (incoming, outgoing) => {
    thrown = await Promise.resolve(call(incoming)).catch(error => error)
    outgoing.writeHead(500).end()
  }
  await simulator.notify.send({ event: 'TRANSACTION.SUCCESS', url })
  return thrown
}

const WRONG: Readonly<Record<string, (incoming: IncomingMessage) => unknown>> = {
  'the IncomingMessage of Node': incoming => incoming,
  'what Express makes of it': incoming => Object.assign(incoming, { get: () => '', originalUrl: '/', body: {} }),
  'the parsed body': incoming => json(incoming),
  'headers and the parsed body': async incoming => ({
    method: 'POST',
    headers: new Headers(incoming.headers as Record<string, string>),
    body: await json(incoming),
    bodyUsed: false,
  }),
  nothing: () => undefined,
}

for (const [name, made] of Object.entries(WRONG)) {
  const isClear = (error: unknown) => {
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({
      code: 'OPTION_INVALID',
      option: 'request',
      message: expect.stringMatching(/not a Request of the Fetch API.*toRequest\(req\) of wechatpay-edge\/frameworks/),
    })
  }
  it(`createNotificationHandler, given ${name}, rejects and says what to pass`, async () => {
    isClear(await errorWhen(async incoming => handler((await made(incoming)) as Request)))
  })
  it(`receiveNotification, given ${name}, rejects and says what to pass`, async () => {
    isClear(await errorWhen(async incoming => receiveNotification(wechatpay, (await made(incoming)) as Request)))
  })
}

it('a Request made of the IncomingMessage as the error says is received', async () => {
  respond = async (incoming, outgoing) => {
    const response = await handler(toRequest(incoming))
    outgoing.writeHead(response.status).end(await response.text())
  }
  const before = paid.length
  expect((await simulator.notify.send({ event: 'TRANSACTION.SUCCESS', url })).state).toBe('delivered')
  expect(paid).toHaveLength(before + 1)
})

it('a Request whose body somebody else is reading is an error of the configuration', async () => {
  const request = new Request(url, { method: 'POST', body: 'x' })
  request.body!.getReader()
  await expect(receiveNotification(wechatpay, request)).rejects.toMatchObject({
    code: 'OPTION_INVALID',
    option: 'request',
  })
})

it('says that the client is missing if the handlers are the first argument', () => {
  const handlers = { 'TRANSACTION.SUCCESS': () => {} }
  expect(() => createNotificationHandler(handlers as never, undefined as never)).toThrow(
    expect.objectContaining({
      option: 'clients',
      message: expect.stringContaining('createNotificationHandler(wxpay, handlers)'),
    }),
  )
})
