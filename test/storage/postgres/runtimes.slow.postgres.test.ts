import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { freshUrl } from '../../postgres/schema.ts'

const PROGRAMS = [
  ['Node', 'node_modules/.bin/node', []],
  ['Deno', 'node_modules/.bin/deno', ['run', '--allow-all', '--no-check']],
  ['Bun', 'node_modules/.bin/bun', []],
] as const

test.each(PROGRAMS)('%s keeps a ledger in PostgreSQL', async (_, program, options) => {
  const { stdout } = await promisify(execFile)(program, [...options, 'test/storage/postgres/runtime.ts', freshUrl()])
  expect(JSON.parse(stdout)).toEqual({ outcomes: ['recorded', 'duplicate', 'replayed'], found: [['EV-1', 1]] })
})
