import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

// The built program, as `npx wechatpay-edge` starts it.

const run = promisify(execFile)

it('the package has a program, and it knows its version and its commands', async () => {
  const { bin, version } = JSON.parse(await readFile('package.json', 'utf8'))
  const program = bin['wechatpay-edge']
  expect(await readFile(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect((await run(process.execPath, [program, '--version'])).stdout).toBe(`${version}\n`)
  expect((await run(process.execPath, [program, 'simulator', '--help'])).stdout).toContain('--folder <folder>')
})
