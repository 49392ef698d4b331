import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { unstable_startWorker } from 'wrangler'

// As a user runs them: on the built package, by its name.
const run = promisify(execFile)

test('the Node example places, pays and refunds an order', async () => {
  const { stdout } = await run(process.execPath, ['examples/node/index.ts'])
  expect(stdout).toMatch(
    /show as a QR code: weixin:.*\npaid: SUCCESS \d+ - verified by PUB_KEY_ID_\d+\nrefunded: 30 fen of 100\nrefused: ORDER_NOT_EXIST/,
  )
})

test('the Cloudflare example gives a QR code, in workerd, and needs no nodejs_compat', async () => {
  const worker = await unstable_startWorker({
    config: 'examples/cloudflare/wrangler.toml',
    dev: { server: { port: 0 }, logLevel: 'error', inspector: false },
  })
  try {
    const response = await worker.fetch('http://example.com/pay/order1')
    expect([response.status, await response.json()]).toEqual([200, { code_url: expect.stringMatching(/^weixin:/) }])
  } finally {
    await worker.dispose()
  }
}, 30_000)

test('the gateway Worker bundles for deployment', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  try {
    const { stdout } = await run('wrangler', ['deploy', '--dry-run', '--outdir', folder], {
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false' },
    })
    expect(stdout).toContain('--dry-run: exiting now')
  } finally {
    await rm(folder, { recursive: true })
  }
}, 30_000)
