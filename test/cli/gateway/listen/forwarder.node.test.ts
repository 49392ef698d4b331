import { describe, expect, it } from 'vitest'
import { createForwarder, type ForwardedEvent } from '../../../../src/cli/gateway/listen/forwarder.ts'
import type { SendOutcome } from '../../../../src/gateway/delivery/send.ts'
import { HOLDING_ATTEMPTS } from '../../../../src/gateway/store/delivery/row.ts'

const OK: SendOutcome = { ok: true, status: 204, ms: 1 }
const REFUSED: SendOutcome = { ok: false, status: 500, error: 'STATUS', detail: 'status 500', ms: 1 }
const DOWN: SendOutcome = { ok: false, error: 'NETWORK_ERROR', detail: 'ECONNREFUSED', ms: 1 }

const eventOf = (id: string, subject: string | null = null, body = '{}'): ForwardedEvent => ({ id, subject, body })
const tick = () => new Promise(resolve => setTimeout(resolve, 2))

function createTestForwarder(respond: (event: ForwardedEvent, attempt: number) => SendOutcome | Promise<SendOutcome>) {
  const stopped = new AbortController()
  const [sent, forwarded, states]: [string[], string[], string[]] = [[], [], []]
  let [running, mostRunning] = [0, 0]
  const forwarder = createForwarder({
    async send(event, attempt) {
      sent.push(event.id)
      running++
      mostRunning = Math.max(mostRunning, running)
      await tick()
      running--
      return respond(event, attempt)
    },
    onAttempt: () => {},
    onForwarded: ({ id }) => void forwarded.push(id),
    onTarget: ({ isReachable }) => void states.push(isReachable ? 'up' : 'down'),
    signal: stopped.signal,
    retryDelayOf: () => 1,
  })
  const settled = (count: number) => expect.poll(() => forwarded.length, { timeout: 20_000, interval: 2 }).toBe(count)
  return { forwarder, sent, forwarded, states, settled, stop: () => stopped.abort(), mostRunning: () => mostRunning }
}

describe('forwarding', () => {
  it('keeps the events of a subject in order, and forwards others side by side', async () => {
    let refusals = 0
    const test = createTestForwarder(({ id }) => (id === 'a1' && refusals++ < 3 ? REFUSED : OK))
    for (const id of ['a1', 'a2', 'b1', 'c1', 'a3']) await test.forwarder.offer(eventOf(id, id[0]!))
    await test.settled(5)
    expect(test.forwarded.filter(id => id.startsWith('a'))).toEqual(['a1', 'a2', 'a3'])
    expect(test.forwarded.slice(0, 2).sort()).toEqual(['b1', 'c1'])
  })

  it('lets later events of a subject pass one that is refused as often as the gateway allows', async () => {
    let attempts = 0
    const test = createTestForwarder(({ id }) => (id === 'a1' && ++attempts < HOLDING_ATTEMPTS + 3 ? REFUSED : OK))
    for (const id of ['a1', 'a2', 'a3']) await test.forwarder.offer(eventOf(id, 'a'))
    await test.settled(3)
    expect(test.forwarded).toEqual(['a2', 'a3', 'a1'])
    expect(test.sent.indexOf('a2')).toBe(HOLDING_ATTEMPTS)
  })

  it('tries a target that is down with one event at a time, and loses nothing and no order', async () => {
    let isDown = true
    const test = createTestForwarder(() => (isDown ? DOWN : OK))
    await test.forwarder.offer(eventOf('a1', 'a'))
    await expect.poll(() => test.states).toEqual(['down'])
    const ids = Array.from({ length: 200 }, (_, at) => `${'abcde'[at % 5]}${at + 2}`)
    for (const id of ids) await test.forwarder.offer(eventOf(id, id[0]!))
    const before = test.sent.length
    await expect.poll(() => test.sent.length, { interval: 2 }).toBeGreaterThan(before + 10)
    expect([test.mostRunning(), test.forwarded]).toEqual([1, []])
    isDown = false
    await test.settled(201)
    expect(test.states).toEqual(['down', 'up'])
    for (const subject of 'abcde') {
      const order = test.forwarded.filter(id => id.startsWith(subject)).map(id => Number(id.slice(1)))
      expect(order).toEqual([...order].sort((a, b) => a - b))
    }
    expect(test.mostRunning()).toBeLessThanOrEqual(32)
  })

  it('accepts no more than it may keep in memory', async () => {
    let isDown = true
    const test = createTestForwarder(() => (isDown ? DOWN : OK))
    let offered = 0
    const offering = (async () => {
      for (let at = 0; at < 1_200; at++) {
        await test.forwarder.offer(eventOf(`${at}`))
        offered++
      }
    })()
    await expect.poll(() => offered).toBe(1_000)
    for (let at = 0; at < 10; at++) await tick()
    expect(offered).toBe(1_000)
    isDown = false
    await offering
    await test.settled(1_200)

    const large = createTestForwarder(() => DOWN)
    let accepted = 0
    const filling = (async () => {
      for (let at = 0; at < 10; at++) {
        await large.forwarder.offer(eventOf(`${at}`, null, 'x'.repeat(10_000_000)))
        accepted++
      }
    })()
    for (let at = 0; at < 10; at++) await tick()
    expect(accepted).toBe(4)
    large.stop()
    await filling
    await large.forwarder.close()
  })

  it('ends while events wait, and reports none of them as forwarded', async () => {
    const test = createTestForwarder(() => REFUSED)
    for (const id of ['a1', 'a2', 'b1']) await test.forwarder.offer(eventOf(id, id[0]!))
    await tick()
    test.stop()
    await test.forwarder.close()
    expect(test.forwarded).toEqual([])
  })
})
