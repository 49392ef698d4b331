import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'

const run = promisify(execFile)

test.each([
  ['in the clone', join(process.cwd(), 'examples'), process.cwd()],
  ['in a project that installed the package', inject('scratch'), inject('scratch')],
])('%s, the example of bills downloads, reads and reconciles', async (_, folder, cwd) => {
  const { stdout, stderr } = await run(process.execPath, [join(folder, 'flows/bills.ts')], { cwd })
  expect(stderr.replace(/^.*ExperimentalWarning.*\n.*\n/, '')).toBe('')
  expect(stdout.trim().split('\n')).toEqual([
    'SUCCESS tea00001 2500 fen',
    'SUCCESS tea00002 1800 fen',
    'SUCCESS tea00003 990 fen',
    'REFUND tea00001 -500 fen',
    'verified, and the summary agrees: 4 rows',
    'differs tea00002',
    'missing-in-records tea00003',
    'missing-in-bill tea00004',
    'payments matched: 1',
    'refunds matched: 1',
  ])
})
