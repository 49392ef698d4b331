import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createScheduler } from '../../../src/simulator/clock/scheduler.ts'
import { createFailures } from '../../../src/simulator/failures.ts'
import { createSimulator } from '../../../src/simulator/index.ts'
import { createState } from '../../../src/simulator/state/state.ts'
import { v3 } from '../node-client.ts'

describe('a live scheduler', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  function setUp(onError?: (error: unknown) => void) {
    const scheduler = createScheduler(createState(), Date.now, true, createFailures(onError))
    const done: string[] = []
    scheduler.on<string>('note', what => void done.push(what))
    return { scheduler, done }
  }

  it('starts tasks when they become due, the earlier first, whenever they were scheduled', () => {
    const { scheduler, done } = setUp()
    scheduler.schedule(Date.now() + 20, 'note', 'later')
    scheduler.schedule(Date.now() + 10, 'note', 'sooner')
    vi.advanceTimersByTime(10)
    expect(done).toEqual(['sooner'])
    vi.advanceTimersByTime(10)
    expect(done).toEqual(['sooner', 'later'])
  })

  it('starts tasks that are scheduled for now or for the past', () => {
    const { scheduler, done } = setUp()
    scheduler.schedule(Date.now() - 5, 'note', 'past')
    expect(done).toEqual([])
    vi.advanceTimersByTime(0)
    expect(done).toEqual(['past'])
  })

  it('schedules beyond the longest timer', () => {
    const { scheduler, done } = setUp()
    const month = 31 * 24 * 60 * 60 * 1000
    scheduler.schedule(Date.now() + month, 'note', 'a month later')
    vi.advanceTimersByTime(month - 1)
    expect(done).toEqual([])
    vi.advanceTimersByTime(1)
    expect(done).toEqual(['a month later'])
  })

  it('follows the advanced clock', async () => {
    const { scheduler, done } = setUp()
    await scheduler.advance(1000)
    scheduler.schedule(scheduler.now() + 10, 'note', 'a')
    vi.advanceTimersByTime(10)
    expect(done).toEqual(['a'])
  })

  it('survives a failed task, and reports it at once', async () => {
    const told: unknown[] = []
    const { scheduler, done } = setUp(error => told.push(error))
    const bad = new Error('bad')
    scheduler.on('bad', () => {
      throw bad
    })
    scheduler.on('worse', () => Promise.reject('worse'))
    scheduler.schedule(Date.now(), 'bad', null)
    scheduler.schedule(Date.now(), 'worse', null)
    scheduler.schedule(Date.now() + 1, 'note', 'after')
    await vi.advanceTimersByTimeAsync(1)
    expect(done).toEqual(['after'])
    expect(told).toEqual([bad, 'worse'])
  })
})

it('reports and keeps the failure of a task instead of ending the process', async () => {
  const told: unknown[] = []
  const bad = new Error('the listener fails')
  const of = await createSimulator({
    seed: 'scheduler',
    live: true,
    onError: error => told.push(error),
    deliver: async () => new Response(null, { status: 204 }),
    onNotification() {
      throw bad
    },
  })
  const { appid, mchid } = of.merchant
  const notify_url = 'https://merchant.example/notify'
  const body = { appid, mchid, notify_url, out_trade_no: 'order-1', description: 'd', amount: { total: 1 } }
  expect((await v3(of, 'POST', '/v3/pay/transactions/native', { body })).status).toBe(200)
  of.pay({ out_trade_no: 'order-1' })
  await expect.poll(() => told).toEqual([bad])
  await expect(of.settled()).rejects.toBe(bad)
  await of.settled()
})

it('runs due tasks before it shows the accounts', async () => {
  let wall = Date.UTC(2025, 5, 1)
  const of = await createSimulator({ seed: 'scheduler', now: () => wall })
  const { appid, mchid } = of.merchant
  const notify_url = 'https://merchant.example/notify'
  const body = { appid, mchid, notify_url, out_trade_no: 'order-1', description: 'd', amount: { total: 1 } }
  expect((await v3(of, 'POST', '/v3/pay/transactions/native', { body, now: wall })).status).toBe(200)
  expect(of.order('order-1')).toMatchObject({ trade_state: 'NOTPAY' })
  wall += 8 * 24 * 60 * 60 * 1000
  expect(of.order('order-1')).toMatchObject({ trade_state: 'CLOSED' })
})

it('keeps no process alive', () => {
  const source = (name: string) =>
    JSON.stringify(fileURLToPath(new URL(`../../../src/simulator/${name}.ts`, import.meta.url)))
  const script = `
    const { createScheduler } = await import(${source('clock/scheduler')})
    const { createState } = await import(${source('state/state')})
    const scheduler = createScheduler(createState(), Date.now, true)
    scheduler.on('note', () => console.log('done'))
    scheduler.schedule(Date.now() + 3_600_000, 'note', 'in an hour')
    console.log('ended')`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(output).toBe('ended\n')
})

it('starts no task while it is stopped, neither due nor scheduled later', async () => {
  const scheduler = createScheduler(createState(), () => 0)
  const started: string[] = []
  scheduler.on<string>('task', name => void started.push(name))
  scheduler.schedule(0, 'task', 'due')
  scheduler.schedule(1000, 'task', 'later')
  scheduler.stop()
  scheduler.run()
  await scheduler.advance(2000)
  scheduler.schedule(0, 'task', 'new')
  await scheduler.settled()
  expect([started, scheduler.nextTaskAt()]).toEqual([[], undefined])
  scheduler.resume()
  await scheduler.settled()
  expect(started.sort()).toEqual(['due', 'later', 'new'])
})
