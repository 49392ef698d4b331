import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { findNode20 } from '../runtimes/node20.ts'

// The built program, as `npx wechatpay-edge` starts it.

const run = promisify(execFile)

it('the package has a program, and it knows its version and its commands', async () => {
  const { bin, version } = JSON.parse(await readFile('package.json', 'utf8'))
  const program = bin['wechatpay-edge']
  expect(await readFile(program, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/)
  expect((await run(process.execPath, [program, '--version'])).stdout).toBe(`${version}\n`)
  expect((await run(process.execPath, [program, 'simulator', '--help'])).stdout).toContain('--folder <folder>')
})

const node20 = await findNode20()

it.skipIf(!node20)('on Node 20, serve says which Node it requires before anything that is not set', async () => {
  const { bin } = JSON.parse(await readFile('package.json', 'utf8'))
  const program = bin['wechatpay-edge']
  const { code, stderr } = await run(node20!, [program, 'serve'], { env: {} }).catch(error => error)
  expect([code, stderr]).toEqual([
    1,
    expect.stringMatching(/^wechatpay-edge serve requires Node 22\.13 or later, and this is Node 20\.[^\n]*\n$/),
  ])
  expect((await run(node20!, [program, 'serve', '--help'])).stdout).toContain('--port <port>')
})
