import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'

/** What runs anywhere runs in Node, in workerd, and in Node with @peculiar/webcrypto in WebCrypto's place. */
const portable = { include: ['test/**/*.test.ts'], exclude: ['test/**/*.node.test.ts', 'test/**/*.worker.test.ts'] }

export default defineConfig({
  test: {
    projects: [
      { test: { name: 'node', include: ['test/**/*.test.ts'], exclude: ['test/**/*.worker.test.ts'] } },
      {
        test: {
          ...portable,
          name: 'peculiar',
          include: ['test/core/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          setupFiles: ['test/peculiar.ts'],
        },
      },
      {
        plugins: [cloudflareTest({ wrangler: { configPath: './wrangler.toml' } })],
        test: { ...portable, name: 'workerd', exclude: ['test/**/*.node.test.ts'] },
      },
    ],
  },
})
