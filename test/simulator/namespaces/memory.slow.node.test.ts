/** The bounds of a simulator for a whole team, measured in a process of its own. */
import { execFile } from 'node:child_process'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, vi } from 'vitest'

vi.setConfig({ testTimeout: 600_000 })

it('holds 100 namespaces with 1,000 orders each in 300 MB, by the growth of 20', async () => {
  const program = resolve(import.meta.dirname, 'many-namespaces.ts')
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', program, '20'], { timeout: 550_000 })
  const { namespaces, orders, first, last } = JSON.parse(stdout)
  expect([namespaces, orders]).toEqual([20, 20_000])
  expect(first + ((last - first) / 19) * 99).toBeLessThan(300)
})
