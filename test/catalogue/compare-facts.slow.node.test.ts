import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'facts-'))
afterAll(() => rmSync(folder, { recursive: true }))
const run = (...args: string[]) =>
  spawnSync(process.execPath, ['scripts/compare-facts.ts', ...args], { encoding: 'utf8' })

test('compares the project’s definitions with a table, and names a line that is not JSON', () => {
  const nothing = {
    api: 'v3',
    method: 'POST',
    path: '/v3/nothing',
    title: '名',
    request: {},
    response: { kind: 'empty' },
  }
  writeFileSync(join(folder, 'endpoints.jsonl'), `${JSON.stringify(nothing)}\n`)
  writeFileSync(join(folder, 'notifications.jsonl'), '\n')
  const { status, stdout } = run(folder)
  expect([status, stdout]).toEqual([0, expect.stringContaining('\nv3 POST /v3/nothing\n  only in the facts\n')])
  expect(JSON.parse(run(folder, '--json').stdout)).toContainEqual({
    of: 'v3 POST /v3/pay/transactions/jsapi',
    at: '',
    kind: 'only in the definitions',
  })
  writeFileSync(join(folder, 'notifications.jsonl'), '{\n')
  expect(run(folder).stderr).toContain(`${join(folder, 'notifications.jsonl')}:1: `)
})
