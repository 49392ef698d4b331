import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createState, type StateChange, StateError } from '../../../src/simulator/state/state.ts'

const names = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '10', '9', '-1'))
const entries = fc.array(fc.tuple(names, fc.jsonValue()))

describe('the state', () => {
  it('is restored unchanged and in its order, whatever the names', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(names, entries)), maps => {
        const state = createState()
        for (const [name, list] of maps) for (const [key, value] of list) state.map(name).set(key, value)
        const again = createState(state.snapshot())
        for (const [name] of maps)
          expect(JSON.stringify([...again.map(name)])).toBe(JSON.stringify([...state.map(name)]))
        expect(again.snapshot()).toBe(state.snapshot())
      }),
    )
  })

  it('has one map per name', () => {
    const state = createState()
    expect(state.map('a')).toBe(state.map('a'))
    expect(state.map('a')).not.toBe(state.map('b'))
  })

  it('counts changes, and nothing else', () => {
    const state = createState()
    const map = state.map<number>('a')
    const { changes } = state
    map.get('x')
    state.snapshot()
    expect(state.changes).toBe(changes)
    map.set('x', 1)
    const set = state.changes
    expect(set).toBeGreaterThan(changes)
    map.delete('x')
    const deleted = state.changes
    expect(deleted).toBeGreaterThan(set)
    map.clear()
    expect(state.changes).toBe(deleted)
    map.set('b', 1)
    const refilled = state.changes
    map.clear()
    expect(state.changes).toBeGreaterThan(refilled)
  })

  it('counts changes after a restart too', () => {
    const first = createState()
    first.map('a').set('x', 1)
    const state = createState(first.snapshot())
    const { changes } = state
    state.map('a').set('x', 2)
    expect(state.changes).toBeGreaterThan(changes)
  })
})

describe('refuses a text that is no snapshot', () => {
  const good = createState()
  good.map('a').set('x', 1)
  const text = good.snapshot()

  it.each([
    ['nothing', ''],
    ['a text', 'garbage'],
    ['cut short', text.slice(0, -3)],
    ['null', 'null'],
    ['other JSON', '{"maps":[]}'],
    ['maps that are none', text.replace('[["x",1]]', '{"x":1}')],
    ['names that are none', text.replace('"x"', '1')],
  ])('%s', (_, saved) => {
    expect(() => createState(saved)).toThrow(
      expect.objectContaining({ name: 'StateError', reason: 'NOT_A_SNAPSHOT', message: expect.stringMatching(/./) }),
    )
  })

  it.each([
    ['an older', 1],
    ['a newer', 1_000],
  ])('of %s version, saying which, and what to do', (_, version) => {
    const { version: own } = JSON.parse(text) as { version: number }
    const other = text.replace(/"version":\d+/, `"version":${version}`)
    expect(() => createState(other)).toThrow(StateError)
    expect(() => createState(other)).toThrow(
      expect.objectContaining({
        reason: 'OTHER_VERSION',
        message: `The state cannot be restored: its "version" is ${version}, and this simulator reads only ${own}; start without it, or use the release that wrote it.`,
      }),
    )
  })
})

describe('recorded changes', () => {
  it('are those of the function, with the first and the last value of each entry', () => {
    const state = createState()
    const map = state.map<number>('numbers')
    map.set('a', 1)
    const changes: StateChange[] = []
    const result = state.recordChanges(changes, () => {
      map.set('a', 2)
      map.set('a', 3)
      map.set('b', 4)
      return 'done'
    })
    map.set('c', 5)
    expect(result).toBe('done')
    expect(changes).toEqual([
      { map: 'numbers', key: 'a', before: 1, after: 3 },
      { map: 'numbers', key: 'b', before: undefined, after: 4 },
    ])
  })

  it('belong to the innermost function, and end with an error', () => {
    const state = createState()
    const map = state.map<number>('numbers')
    const [outer, inner]: StateChange[][] = [[], []]
    state.recordChanges(outer!, () => {
      expect(() =>
        state.recordChanges(inner!, () => {
          map.set('a', 1)
          throw new Error('refused')
        }),
      ).toThrow('refused')
      map.set('b', 1)
    })
    expect([outer!.map(({ key }) => key), inner!.map(({ key }) => key)]).toEqual([['b'], ['a']])
  })
})
