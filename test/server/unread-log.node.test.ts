import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'

test.each([
  ['Node', process.execPath, []],
  ['Deno', 'node_modules/.bin/deno', ['run', '--allow-all', '--no-check']],
  ['Bun', 'node_modules/.bin/bun', []],
])('on %s a gateway serves on when nobody reads its log any more', async (_, program, options) => {
  const child = spawn(program, [...options, 'test/server/logging-server.ts'])
  let turns = 0
  let said = ''
  child.stderr.on('data', data => {
    said += data
    turns = (said.match(/^\d+$/gm) ?? []).length
  })
  try {
    await once(child.stdout, 'data')
    child.stdout.destroy()
    const before = turns
    await expect.poll(() => turns).toBeGreaterThan(before + 20)
    expect([child.exitCode, child.signalCode]).toEqual([null, null])
  } finally {
    child.kill('SIGKILL')
  }
})
