import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// Wrangler's own checks of the Worker before a deploy, without an account and without network.

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-wrangler-'))
})
afterAll(() => rm(folder, { recursive: true }))

async function wrangler(...words: string[]): Promise<string> {
  const env = { ...process.env, CI: '1', WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  const { stdout, stderr } = await promisify(execFile)('node_modules/.bin/wrangler', words, { env })
  return stdout + stderr
}

test.each(['', 'staging'])('a deploy of environment "%s" would go through, without a warning', async environment => {
  const told = await wrangler(
    'deploy',
    '--dry-run',
    '--env',
    environment,
    '--outdir',
    join(folder, `out${environment}`),
  )
  expect(told).toContain('--dry-run: exiting now')
  for (const binding of ['LEDGER', 'DELIVERIES', 'WECHATPAY_CERTIFICATES', 'NOTIFY_RATE_LIMIT'])
    expect(told).toContain(`env.${binding}`)
  expect(told).not.toMatch(/warning|\berror\b/i)
  // Cloudflare's plan without payment accepts 3 MB. The definitions of the console's explorer, which are compressed already, are 0.4 MB.
  const [, size] = /gzip: ([\d.]+) KiB/.exec(told) ?? []
  expect(Number(size)).toBeLessThan(1280)
})

test('the bindings have types, without a warning', async () => {
  const told = await wrangler('types', join(folder, 'types.d.ts'), '--env', '')
  expect(told).toContain('Types written')
  expect(told).not.toMatch(/warning|\berror\b/i)
})

/** Milliseconds. Cloudflare refuses a Worker that takes longer to start. */
const MAX_STARTUP = 1_000
/** The time is measured by the clock, so that other programs of this machine lengthen it: the shortest of so many counts. */
const MAX_STARTS = 3

test('the Worker starts up', async () => {
  let shortest = Number.POSITIVE_INFINITY
  for (let start = 0; start < MAX_STARTS && !(shortest < MAX_STARTUP); start++) {
    const told = await wrangler('check', 'startup', '--outfile', join(folder, 'startup.cpuprofile'))
    expect(told).not.toMatch(/warning|\berror\b/i)
    shortest = Math.min(shortest, Number(/Active: ([\d.]+) ms/.exec(told)?.[1]))
  }
  expect(shortest).toBeLessThan(MAX_STARTUP)
})
