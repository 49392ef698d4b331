import { createServer } from 'node:net'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumPath } from './test/chromium.ts'

/** What runs anywhere runs in Node, in workerd, and in Node with @peculiar/webcrypto in WebCrypto's place. */
const portable = { include: ['test/**/*.test.ts'], exclude: ['test/**/*.node.test.ts', 'test/**/*.worker.test.ts'] }

/** Milliseconds. Keys are made in these tests, and two cores run all projects at once. */
const testTimeout = 30_000
const packaged = ['test/package/**/*.test.ts', 'test/examples/**/*.test.ts']

/** Where the shop of test/worker/shop.ts takes webhooks: a port that is free. */
const shopPort = await new Promise<number>((resolve, reject) => {
  const server = createServer()
  server.once('error', reject).listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number }
    server.close(() => resolve(port))
  })
})
process.env.WECHATPAY_EDGE_SHOP_PORT ??= String(shopPort)

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          testTimeout,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.worker.test.ts', ...packaged],
          globalSetup: 'test/runtimes/breaking-setup.ts',
        },
      },
      // What was built, packed and installed.
      { test: { name: 'package', testTimeout, include: packaged, globalSetup: 'test/package/scratch.ts' } },
      {
        test: {
          ...portable,
          name: 'peculiar',
          testTimeout,
          include: ['test/core/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          setupFiles: ['test/peculiar.ts'],
        },
      },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              kvNamespaces: ['CERTIFICATES'],
              // Tight, for the tests of the limit; that of wrangler.toml has its own.
              ratelimits: { THREE_NOTIFICATIONS: { namespace_id: '9001', simple: { limit: 3, period: 60 } } },
              bindings: {
                SIMULATE: 'true',
                SIMULATE_WEBHOOK_URL: `http://127.0.0.1:${process.env.WECHATPAY_EDGE_SHOP_PORT}/`,
              },
            },
          }),
        ],
        test: {
          ...portable,
          name: 'workerd',
          testTimeout,
          exclude: ['test/**/*.node.test.ts'],
          globalSetup: ['test/worker/shop.ts', 'test/worker/wechatpay.ts', 'test/runtimes/breaking-setup.ts'],
        },
      },
      {
        test: {
          name: 'chromium',
          testTimeout,
          include: ['test/conformance/**/*.test.ts', 'test/adapters/{browser,gateway-client}.test.ts'],
          globalSetup: 'test/runtimes/breaking-setup.ts',
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { executablePath: await chromiumPath(), args: ['--no-sandbox'] },
            }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
    ],
  },
})
