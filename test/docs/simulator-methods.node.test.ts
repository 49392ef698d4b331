import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'

const simulator = await createSimulator({ seed: 'docs' })

/** Returns the first column of the table of methods. */
async function methodsOf(path: string): Promise<string[]> {
  const [, table = ''] = (await readFile(path, 'utf8')).split(/^\| (?:method|方法) \|.*\n.*\n/m)
  const cells = table
    .split('\n\n')[0]!
    .split('\n')
    .map(row => row.split(' | ')[0]!)
  return cells.flatMap(cell => {
    const names = [...cell.matchAll(/`(?:await )?([\w.]+)/g)].map(([, name]) => name!.replace(/^simulator\./, ''))
    const [scope] = /^(?:notify|faults)\./.exec(names[0] ?? '') ?? ['']
    return names.map(name => (name.startsWith(scope) ? name : scope + name))
  })
}

/** Returns the value of a path: `notify.hold`. */
const valueAt = (path: string): unknown =>
  path.split('.').reduce((value, name) => Object(value)[name], simulator as unknown)

test.each(['docs/simulator.md', 'docs/simulator.zh-CN.md'])(
  'each method that %s lists is one of the simulator',
  async path => {
    const methods = await methodsOf(path)
    expect(methods).toContain('faults.clear')
    expect(methods.filter(name => typeof valueAt(name) !== 'function')).toEqual([])
  },
)

test.each(['status', 'delay', 'clock-skew'])('a fault of the kind %s needs its field, as the table says', kind => {
  const field = kind === 'status' ? { status: 500 } : { ms: 500 }
  expect(() => simulator.faults.add({ kind } as never)).toThrow()
  expect(simulator.faults.add({ kind, ...field } as never)).toBeTypeOf('string')
})
