/** A replay of a recording from somebody else, who may have written it by hand. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createReplaySession } from '../../../src/cli/diff/replay-session.ts'
import { makeFields } from '../../../src/cli/diff/request-values.ts'
import {
  HEAD,
  type RecordedExchange,
  type RecordedObject,
  type RecordedValue,
} from '../../../src/cli/record/recording.ts'
import { findEndpoint, type Match } from '../../../src/simulator/catalogue/find.ts'
import { runCommand } from '../record/test-recorder.ts'

afterEach(() => vi.restoreAllMocks())

let folder: string
const contacted: string[] = []
let origin: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-diff-'))
  const server = createServer((incoming, outgoing) => {
    contacted.push(incoming.url!)
    outgoing.end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return async () => {
    server.close()
    await rm(folder, { recursive: true })
  }
})

const text = (value: string): RecordedValue => ({ type: 'string', length: value.length, kind: 'text', value })
const object = (fields: Record<string, RecordedValue> = {}) => ({ type: 'object', fields }) as const

/** An order that is placed, and then queried as paid, so that the simulator notifies of the payment. */
function paidOrder(notify_url: string): RecordedExchange[] {
  const [appid, mchid] = ['wxd678efh567hg6787', '1900000109']
  const number: RecordedValue = { type: 'string', length: 12, kind: 'text', ref: 1 }
  const order = object({
    appid: text(appid),
    mchid: text(mchid),
    description: text('Tea'),
    out_trade_no: number,
    notify_url: text(notify_url),
    amount: object({ total: { type: 'integer' } }),
  })
  const common = { api: 'v3', isDefined: true, parameters: object(), query: object() } as const
  return [
    {
      request: { ...common, method: 'POST', path: '/v3/pay/transactions/native', body: order },
      response: { status: 200, headers: [], body: object({ code_url: { type: 'string', length: 30, kind: 'url' } }) },
    },
    {
      request: {
        ...common,
        method: 'GET',
        path: '/v3/pay/transactions/out-trade-no/{out_trade_no}',
        parameters: object({ out_trade_no: number }),
        query: object({ mchid: { type: 'string', length: 10, kind: 'digits' } }),
        body: { type: 'none' },
      },
      response: { status: 200, headers: [], body: object({ trade_state: text('SUCCESS') }) },
    },
  ]
}

test('contacts no address of the recording, also when what it places is paid', async () => {
  const fetch = vi.spyOn(globalThis, 'fetch')
  const file = join(folder, 'hostile.jsonl')
  const lines = [HEAD, ...paidOrder(`${origin}/notify`)].map(line => JSON.stringify(line))
  await writeFile(file, lines.join('\n'))
  await runCommand('diff', file)
  // Also what the user has allowed is an address of somebody else.
  const { errors } = await runCommand('diff', file, '--allow', `${origin}/notify`)
  expect(errors).toMatch(/differences in 2 endpoints/)
  // A notification would have been on its way by then.
  await sleep(200)
  expect([contacted, fetch.mock.calls]).toEqual([[], []])
})

test.each([[[]], [['--json']]])(
  'prints no control of the recording that steers a terminal, nor one that turns text around (%j)',
  async flags => {
    const file = join(folder, 'steering.jsonl')
    const steering = '\x1b]0;\x07\x7f\x9b31m\u061c\u200e\u200f\u202a\u202e\u2066\u2069'
    const [order] = paidOrder(`${origin}/notify`)
    const hostile = { ...order!, request: { ...order!.request, path: `/v3/${steering}`, isDefined: false } }
    await writeFile(file, [HEAD, hostile, order].map(line => JSON.stringify(line)).join('\n'))
    const { out, errors } = await runCommand('diff', file, ...flags)
    expect(out + errors).toContain('\\u202e')
    expect(out + errors).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/)
    if (flags.length > 0) expect(JSON.stringify(JSON.parse(out))).toContain(JSON.stringify(steering).slice(1, -1))
  },
)

test('has paid the order, and its simulator would have notified', async () => {
  const session = await createReplaySession([])
  const { merchant } = session.simulator
  const { appid, mchid } = merchant
  const order = { appid, mchid, out_trade_no: 'order-1', description: 'Tea', notify_url: `${origin}/notify` }
  await session.client.v3.pay.transactions.native.post({ ...order, amount: { total: 1 } })
  session.simulator.pay({ out_trade_no: 'order-1' })
  await session.simulator.settled()
  expect(session.simulator.notifications).toMatchObject([{ url: `${origin}/notify`, state: 'delivered' }])
  expect(contacted).toEqual([])
})

test('makes a request of samples: no text of the recording that no definition lists, unless the user has allowed it', async () => {
  const { endpoint } = findEndpoint('POST', '/v3/pay/transactions/native') as Match
  const [{ request }] = paidOrder(`${origin}/notify`) as [RecordedExchange]
  const makeOrder = async (...allowed: string[]) => {
    const { fields = [] } = endpoint.body ?? {}
    return makeFields(request.body as RecordedObject, fields, endpoint, await createReplaySession(allowed))
  }
  const sample = await makeOrder()
  expect(Object.keys(sample)).toEqual(Object.keys((request.body as RecordedObject).fields))
  expect(JSON.stringify(sample)).not.toContain(origin)
  expect(sample.notify_url).toMatch(/^https:/)
  expect((await makeOrder(`${origin}/notify`)).notify_url).toBe(`${origin}/notify`)
})
