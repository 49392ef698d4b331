import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createShards } from '../../../gateway/store/shards/stage.ts'
import { payOrder } from '../../../gateway/test-gateway.ts'
import { ADMIN_TOKEN, type RunningCommand, type ServedGateway, serveTestGateway } from '../test-gateway.ts'
import { createTestTarget, type TestTarget } from './test-target.ts'

let gateway: ServedGateway
let target: TestTarget
let state: string
const running: RunningCommand[] = []
beforeEach(async () => {
  gateway = await serveTestGateway()
  state = join(gateway.folder, 'listen.state')
  target = await createTestTarget(() => JSON.parse(readFileSync(state, 'utf8').split('\n')[0]!).secret)
})
afterEach(async () => {
  await Promise.all(running.splice(0).map(command => command.stop()))
  await target.stop()
  await gateway[Symbol.asyncDispose]()
})

function start(...argv: string[]): RunningCommand {
  const command = gateway.start('listen', '--forward-to', target.url, '--state', state, ...argv)
  running.push(command)
  return command
}
/** Starts a run, and waits until it follows the events. */
async function listen(...argv: string[]): Promise<RunningCommand> {
  const command = start(...argv)
  await expect.poll(() => command.out.length).toBeGreaterThan(0)
  return command
}
/** A run that ends as soon as it has stored the position at which it began. */
async function runShortly(): Promise<void> {
  const command = await listen()
  await expect.poll(() => readFileSync(state, 'utf8')).toMatch(/^at /m)
  await command.stop()
}
/** The numbers of the accepted events, sorted: events of different orders arrive in any order. */
const numbers = () => target.accepted.map(({ number }) => number).sort()
const arrived = (...expected: string[]) => expect.poll(numbers).toEqual(expected)

describe('wechatpay-edge listen', () => {
  it('forwards events as they are recorded, signed and with the id that the gateway uses, and prints a line each', async () => {
    const command = await listen()
    await payOrder(gateway.harness, 'T100001')
    await arrived('T100001')
    await gateway.harness.drain()
    expect(target.accepted[0]!.id).toBe(gateway.harness.shop.received[0]!.id)
    const line = /^\d\d:\d\d:\d\d\.\d{3} {2}TRANSACTION\.SUCCESS {8}T100001 {2}204 {2}\d+ ms$/
    await expect.poll(() => command.out.at(-1)).toMatch(line)
    expect(command.out.join()).not.toContain('openid')
    expect((await command.stop()).code).toBe(0)
  })

  it('continues where the last run ended, without a loss and without a repetition', async () => {
    await runShortly()
    await payOrder(gateway.harness, 'T100001')
    const second = await listen()
    await arrived('T100001')
    expect(second.out).toContainEqual(expect.stringMatching(/^Continuing where the last run ended/))
    await second.stop()
    await payOrder(gateway.harness, 'T100002')
    await listen()
    await arrived('T100001', 'T100002')
  })

  it('continues so in a ledger of shards, whose positions differ from run to run', async () => {
    await gateway[Symbol.asyncDispose]()
    const stage = await createShards(3)
    gateway = await serveTestGateway({ ledgerOf: () => stage.open(3) })
    state = join(gateway.folder, 'listen.state')
    const all = Array.from({ length: 12 }, (_, at) => `T1000${at + 10}`)
    await runShortly()
    // One of the first is held back, so that those behind it are forwarded before the run ends, and the position stays.
    target.respond = number => (number === all[0] ? 500 : 204)
    for (const number of all.slice(0, 6)) await payOrder(gateway.harness, number)
    const second = await listen()
    await arrived(...all.slice(1, 6))
    await second.stop()
    target.respond = () => 204
    for (const number of all.slice(6)) await payOrder(gateway.harness, number)
    await listen()
    await arrived(...all)
  })

  it('keeps events while the gateway is down, and while the target is', async () => {
    const command = await listen()
    await target.stop()
    await payOrder(gateway.harness, 'T100001')
    await expect.poll(() => command.errors.join()).toContain('cannot be reached')
    await gateway.stop()
    await gateway.restart()
    await payOrder(gateway.harness, 'T100002')
    await target.start()
    await arrived('T100001', 'T100002')
    expect(command.errors.join()).toMatch(/can be reached again; (?:1 event is|\d events are) forwarded now/)
  })

  it('repeats an event that the target refuses or redirects, and says so', async () => {
    target.respond = (_, attempt) => [500, 302, 204][attempt - 1]!
    const command = await listen('--json')
    await payOrder(gateway.harness, 'T100001')
    await arrived('T100001')
    expect(target.requests.map(({ status }) => status)).toEqual([500, 302, 204])
    await expect.poll(() => command.out.length).toBe(4)
    expect(command.out.slice(1).map(line => JSON.parse(line))).toMatchObject([
      { kind: 'refused', number: 'T100001', status: 500, error: 'STATUS', response: 'no room for T100001' },
      { kind: 'refused', status: 302, error: 'REDIRECTED', detail: expect.stringContaining('is not followed') },
      { kind: 'forwarded', status: 204, attempt: 3 },
    ])
  })

  it('says once which format a route must accept that refuses the signature', async () => {
    target.respond = (_, attempt) => (attempt < 3 ? 401 : 204)
    const command = await listen()
    await payOrder(gateway.harness, 'T100001')
    await arrived('T100001')
    expect(target.requests.map(({ status }) => status)).toEqual([401, 401, 204])
    expect(command.errors).toEqual([
      expect.stringMatching(/^http:\S+\/notify does not accept the signature.*Standard Webhooks, with WEBHOOK_SECRET/),
    ])
  })

  it('forwards what came since a time, and only the events that it is asked for', async () => {
    for (const number of ['T100001', 'T100002']) await payOrder(gateway.harness, number)
    await listen('--since', '1h', '--event', 'TRANSACTION.*')
    await arrived('T100001', 'T100002')
    await running.pop()!.stop()
    const refunds = await listen('--since', '1h', '--event', 'REFUND.*')
    await payOrder(gateway.harness, 'T100003')
    await refunds.stop()
    expect(numbers()).toHaveLength(2)
  })

  it('comes again to a gateway that has no room for it when it begins', async () => {
    const { mchid } = gateway.harness.simulator.merchant
    const others = new AbortController()
    const open = () =>
      fetch(`${gateway.url}/admin/merchants/${mchid}/events/stream`, {
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, accept: 'text/event-stream' },
        signal: others.signal,
      })
    await Promise.all(Array.from({ length: 8 }, open))
    expect((await open()).status).toBe(503)
    const command = start()
    await expect.poll(() => command.errors.join()).toMatch(/Close one.*Connecting again/)
    expect(command.out).toEqual([])
    others.abort()
    await expect.poll(() => command.errors.at(-1)).toContain('Connected to the gateway again')
    await payOrder(gateway.harness, 'T100001')
    await arrived('T100001')
  })

  it('ends when the gateway no longer knows its token, and says what to do', async () => {
    const command = await listen()
    const authenticate = async () => ({ name: 'x', credential: { tokens: [] }, allow: ['* /v3/**'] })
    await gateway.restart({ authenticate })
    const { code, errors } = await command.ended
    expect([code, errors.at(-1)]).toEqual([1, expect.stringContaining('Use the admin token')])
  })

  it.each([
    [['--forward-to', 'ftp://localhost/'], /--forward-to must be an address .*:3000\/events/],
    [[], /--forward-to is missing.*:3000\/events/],
    [['--simulator', 'http://127.0.0.1:1'], /--forward-to is missing.*:3000\/notify/],
    [['--forward-to', 'http://user:secret@localhost/'], /user name or password/],
    [['--since', 'soon', '--forward-to', '3000'], /--since must be/],
  ])('is a mistake as listen %s', async (argv, reason) => {
    const { code, errors } = await gateway.run('listen', ...argv)
    expect([code, errors]).toEqual([2, [expect.stringMatching(reason)]])
    expect(errors[0]).not.toContain('secret@')
  })

  it('says that events leave this machine', async () => {
    const command = gateway.start('listen', '--forward-to', 'http://192.0.2.1/notify', '--state', state)
    running.push(command)
    await expect
      .poll(() => command.errors)
      .toEqual(['192.0.2.1 is not this machine: events with names and amounts leave it.'])
  })
})
