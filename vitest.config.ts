import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { chromiumPath } from './test/chromium.ts'

/** What runs anywhere runs in Node, in workerd, and in Node with @peculiar/webcrypto in WebCrypto's place. */
const portable = { include: ['test/**/*.test.ts'], exclude: ['test/**/*.node.test.ts', 'test/**/*.worker.test.ts'] }

/** Milliseconds. Keys are made in these tests, and two cores run all projects at once. */
const testTimeout = 30_000
const packaged = ['test/package/**/*.test.ts', 'test/examples/**/*.test.ts']

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'node',
          testTimeout,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.worker.test.ts', ...packaged],
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
            miniflare: { kvNamespaces: ['CERTIFICATES'] },
          }),
        ],
        test: { ...portable, name: 'workerd', testTimeout, exclude: ['test/**/*.node.test.ts'] },
      },
      {
        test: {
          name: 'chromium',
          testTimeout,
          include: ['test/conformance/**/*.test.ts', 'test/adapters/browser.test.ts'],
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
