import { spawn } from 'node:child_process'
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { freePort } from '../free-port.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-start-'))
  for (const name of ['node_modules', 'package.json', 'scripts', 'src', 'worker', 'wrangler.toml'])
    await symlink(join(ROOT, name), join(folder, name))
})
afterAll(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }))

test('npm start beside real keys in .dev.vars ends with a sentence that says what to do, and with 1', async () => {
  await writeFile(join(folder, '.dev.vars'), 'WECHATPAY_MCHID=1900000109\nWEBHOOK_SECRET=whsec_secret\n')
  const started = spawn('npm', ['start', '--silent'], {
    cwd: folder,
    env: {
      ...process.env,
      PORT: String(await freePort()),
      PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env.PATH}`,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [output, errors, code] = await Promise.all([
    text(started.stdout),
    text(started.stderr),
    new Promise<number | null>(resolve => started.on('exit', resolve)),
  ])
  expect(errors).toContain(
    'The demo does not start with real settings. Move .dev.vars away or unset the variables, then run npm start again. To use real keys, run npx wrangler dev.\n',
  )
  const [, reason = ''] = errors.split('npx wrangler dev.\n')
  expect(reason).toContain('WECHATPAY_MCHID, WEBHOOK_SECRET')
  expect([code, output.includes('whsec_secret'), /esbuild|stopped/i.test(output + errors)]).toEqual([1, false, false])
})
