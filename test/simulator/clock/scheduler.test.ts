import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createHeap } from '../../../src/simulator/clock/heap.ts'
import { createScheduler, MAX_CLOCK, type Scheduler } from '../../../src/simulator/clock/scheduler.ts'
import { createState } from '../../../src/simulator/state/state.ts'

const START = 1_700_000_000_000

function setUp(source = () => START) {
  const scheduler = createScheduler(createState(), source)
  const done: [what: string, at: number][] = []
  scheduler.on<string>('note', what => void done.push([what, scheduler.now() - START]))
  return { scheduler, done }
}

/** A promise that the test settles. */
function gate() {
  let open = () => {}
  const opened = new Promise<void>(resolve => {
    open = resolve
  })
  return { open, opened }
}

/** Until everything that waits for nothing else has gone on. */
const pause = () => new Promise(resolve => setTimeout(resolve))

describe('the heap', () => {
  it('returns items in order, however adding and removing alternate', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.integer(), { freq: 3 })), steps => {
        const heap = createHeap<number>((one, other) => one - other)
        const model: number[] = []
        for (const step of steps) {
          if (step !== null) heap.push(step)
          else expect(heap.pop()).toBe(model[0])
          if (step !== null) model.push(step)
          else model.shift()
          model.sort((one, other) => one - other)
          expect(heap.peek()).toBe(model[0])
        }
      }),
    )
  })
})

describe('the scheduler', () => {
  it('runs tasks in the order of their times, and those of one time in the order of scheduling', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(50)), fc.array(fc.nat(20)), async (times, steps) => {
        const { scheduler, done } = setUp()
        times.forEach((at, number) => {
          scheduler.schedule(START + at, 'note', `${number}`)
        })
        for (const step of [...steps, 50]) await scheduler.advance(step)
        const due = times.map((at, number) => [`${number}`, at] as const)
        expect(done).toEqual(due.sort(([, one], [, other]) => one - other))
        expect(scheduler.nextTaskAt()).toBeUndefined()
      }),
    )
  })

  it('does not run tasks that are not due', async () => {
    const { scheduler, done } = setUp()
    scheduler.schedule(START + 10, 'note', 'later')
    await scheduler.advance(9)
    expect(done).toEqual([])
    expect(scheduler.nextTaskAt()).toBe(START + 10)
    await scheduler.advance(1)
    expect(done).toEqual([['later', 10]])
  })

  it('shows the time of the running task, then the time that it was advanced to', async () => {
    const { scheduler, done } = setUp()
    scheduler.schedule(START + 30, 'note', 'a')
    await scheduler.advance(100)
    expect(done).toEqual([['a', 30]])
    expect(scheduler.now()).toBe(START + 100)
  })

  it('runs tasks that other tasks schedule within the same advance', async () => {
    const { scheduler, done } = setUp()
    scheduler.on<number>('chain', left => {
      done.push(['chain', scheduler.now() - START])
      if (left > 0) scheduler.schedule(scheduler.now() + 10, 'chain', left - 1)
    })
    scheduler.schedule(START + 5, 'chain', 3)
    await scheduler.advance(30)
    expect(done.map(([, at]) => at)).toEqual([5, 15, 25])
    await scheduler.advance(10)
    expect(done.at(-1)).toEqual(['chain', 35])
  })

  it('keeps its distance to the real clock', async () => {
    let wall = START
    const { scheduler, done } = setUp(() => wall)
    await scheduler.advance(1000)
    wall += 5
    expect(scheduler.now()).toBe(START + 1005)
    scheduler.schedule(START + 1007, 'note', 'a')
    scheduler.run()
    expect(done).toEqual([])
    wall += 2
    scheduler.run()
    expect(done).toEqual([['a', 1007]])
  })

  it.each([8.64e15, Number.MAX_SAFE_INTEGER, 1e300, MAX_CLOCK - START + 1])(
    'is not advanced beyond its last time, by %s',
    async ms => {
      const { scheduler, done } = setUp()
      scheduler.schedule(START + 1, 'note', 'a')
      await expect(async () => scheduler.advance(ms)).rejects.toThrow(RangeError)
      expect([scheduler.now(), done]).toEqual([START, []])
      await scheduler.advance(MAX_CLOCK - START)
      expect(scheduler.now()).toBe(MAX_CLOCK)
    },
  )

  it('is not advanced beyond its last time by several calls at once', async () => {
    const { scheduler } = setUp()
    const half = (MAX_CLOCK - START) / 2 + 1
    const outcomes = await Promise.allSettled([scheduler.advance(half), scheduler.advance(half), scheduler.advance(1)])
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
    expect(scheduler.now()).toBe(START + half + 1)
  })

  it('begins after its last time too, because a clock that is restored has run on', () => {
    const state = createState()
    state.map('clock').set('offset', MAX_CLOCK - START)
    expect(createScheduler(state, () => START + 1).now()).toBe(MAX_CLOCK + 1)
  })

  it.each([8.64e15, Date.UTC(9951, 0), -1, Number.NaN])('does not begin at %s', at => {
    expect(() => createScheduler(createState(), () => at)).toThrow(RangeError)
    const state = createState()
    state.map('clock').set('offset', at - START)
    expect(() => createScheduler(state, () => START)).toThrow(RangeError)
  })

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('cannot be advanced by %s', ms => {
    expect(() => setUp().scheduler.advance(ms)).toThrow(RangeError)
  })

  it('advances one call after the other', async () => {
    const { scheduler, done } = setUp()
    scheduler.schedule(START + 15, 'note', 'a')
    await Promise.all([scheduler.advance(10), scheduler.advance(10)])
    expect(scheduler.now()).toBe(START + 20)
    expect(done).toEqual([['a', 15]])
  })

  describe('with a task that takes longer', () => {
    function slow(scheduler: Scheduler) {
      const { open, opened } = gate()
      let ended = false
      scheduler.on('slow', async () => {
        await opened
        ended = true
      })
      return { open, ended: () => ended }
    }

    it('does not wait for it in run()', () => {
      const { scheduler, done } = setUp()
      const task = slow(scheduler)
      scheduler.schedule(START, 'slow', null)
      scheduler.schedule(START, 'note', 'after')
      scheduler.run()
      expect(done).toEqual([['after', 0]])
      expect(task.ended()).toBe(false)
    })

    it('is settled only when it has ended', async () => {
      const { scheduler } = setUp()
      const task = slow(scheduler)
      scheduler.schedule(START, 'slow', null)
      let settled = false
      const settling = scheduler.settled().then(() => {
        settled = true
      })
      await pause()
      expect(settled).toBe(false)
      task.open()
      await settling
      expect(task.ended()).toBe(true)
    })

    it('does not advance the clock meanwhile, but runs other tasks', async () => {
      const { scheduler, done } = setUp()
      const task = slow(scheduler)
      scheduler.schedule(START + 10, 'slow', null)
      scheduler.schedule(START + 20, 'note', 'later')
      const advanced = scheduler.advance(30)
      await pause()
      expect(scheduler.now()).toBe(START + 10)
      scheduler.schedule(START + 10, 'note', 'of a request')
      scheduler.run()
      expect(done).toEqual([['of a request', 10]])
      task.open()
      await advanced
      expect(done.at(-1)).toEqual(['later', 20])
    })

    it('starts no task twice, however many callers run it', async () => {
      const { scheduler } = setUp()
      let begun = 0
      scheduler.on('slow', async () => {
        begun++
        scheduler.run()
        await pause()
      })
      scheduler.schedule(START, 'slow', null)
      scheduler.run()
      scheduler.run()
      await Promise.all([scheduler.settled(), scheduler.settled(), scheduler.advance(5)])
      expect(begun).toBe(1)
    })

    it('runs it again after a restart, and no task that has ended', async () => {
      const state = createState()
      const first = createScheduler(state, () => START)
      first.on('slow', () => new Promise<void>(() => {}))
      first.on('note', () => {})
      first.schedule(START, 'slow', 'x')
      first.schedule(START, 'note', 'y')
      first.schedule(START + 10, 'note', 'z')
      first.run()
      const done: unknown[] = []
      const second = createScheduler(createState(state.snapshot()), () => START)
      for (const kind of ['slow', 'note']) second.on(kind, data => void done.push(data))
      await second.advance(10)
      expect(done).toEqual(['x', 'z'])
    })
  })

  it('continues after a failed task, and rejects the waiting call', async () => {
    const { scheduler, done } = setUp()
    scheduler.on('bad', () => {
      throw new Error('bad')
    })
    scheduler.on('worse', async () => {
      throw new Error('worse')
    })
    scheduler.schedule(START, 'bad', null)
    scheduler.schedule(START, 'worse', null)
    scheduler.schedule(START, 'note', 'good')
    await expect(scheduler.settled()).rejects.toThrow('bad; worse')
    expect(done).toEqual([['good', 0]])
    await scheduler.settled()
    scheduler.schedule(START + 5, 'worse', null)
    scheduler.schedule(START + 7, 'note', 'on the way')
    await expect(scheduler.advance(10)).rejects.toThrow('worse')
    expect(done.at(-1)).toEqual(['on the way', 7])
    expect(scheduler.now()).toBe(START + 10)
  })

  it('keeps failures for the next call that waits, and then forgets them', async () => {
    const { scheduler } = setUp()
    scheduler.on('bad', () => {
      throw new Error('bad')
    })
    scheduler.schedule(START, 'bad', null)
    scheduler.run()
    await pause()
    await expect(scheduler.advance(1)).rejects.toThrow('bad')
    await scheduler.settled()
  })

  it('keeps the last 100 failures', async () => {
    const { scheduler } = setUp()
    scheduler.on<number>('bad', number => {
      throw new Error(`bad ${number}`)
    })
    for (let number = 0; number < 150; number++) scheduler.schedule(START, 'bad', number)
    const failed = (await scheduler.settled().catch((error: unknown) => error)) as AggregateError
    expect(failed.errors.map(({ message }: Error) => message)).toEqual(
      Array.from({ length: 100 }, (_, at) => `bad ${at + 50}`),
    )
  })

  it('handles 100,000 pending tasks in any order without scanning them all', async () => {
    const scheduler = createScheduler(createState(), () => START)
    const seen: number[] = []
    scheduler.on<number>('note', at => void seen.push(at))
    const most = 100_000
    // Every place once: 61,803 and 100,000 have no factor in common.
    for (let number = 0; number < most; number++) {
      const at = (number * 61_803) % most
      scheduler.schedule(START + at, 'note', at)
    }
    expect(scheduler.nextTaskAt()).toBe(START)
    await scheduler.advance(most)
    expect(seen).toEqual(Array.from({ length: most }, (_, at) => at))
  })
})
