import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createState, StateError } from '../../../src/simulator/state/state.ts'

const names = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', '10', '9', '-1'))
const entries = fc.array(fc.tuple(names, fc.jsonValue()))

describe('what the simulator remembers', () => {
  it('comes back as it was, in its order, whatever the names', () => {
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

  it('is one map a name', () => {
    const state = createState()
    expect(state.map('a')).toBe(state.map('a'))
    expect(state.map('a')).not.toBe(state.map('b'))
  })

  it('tells that it has changed, and only then', () => {
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
    expect(state.changes).toBeGreaterThan(deleted)
  })

  it('tells of changes after a restart, too', () => {
    const first = createState()
    first.map('a').set('x', 1)
    const state = createState(first.snapshot())
    const { changes } = state
    state.map('a').set('x', 2)
    expect(state.changes).toBeGreaterThan(changes)
  })
})

describe('what is no snapshot is refused', () => {
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
    ['a newer', 7],
  ])('of %s version, saying which, and what to do', (_, version) => {
    const other = text.replace(/"version":\d+/, `"version":${version}`)
    expect(() => createState(other)).toThrow(StateError)
    expect(() => createState(other)).toThrow(
      expect.objectContaining({
        reason: 'OTHER_VERSION',
        message: `The state cannot be restored: its "version" is ${version}, and this simulator reads only 2; start without it, or use the release that wrote it.`,
      }),
    )
  })
})
