import { randomUUID } from 'node:crypto'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'
import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { playwright } from '@vitest/browser-playwright'
import { defineConfig } from 'vitest/config'
import { CHROMIUM } from './test/chromium.ts'

// Reading this file has no side effects: servers and the browser are prepared by the `globalSetup` of the projects that
// use them. Which test file runs where follows from its name and folder, and
// from the lists of slow ones below: see CONTRIBUTING.md.

const NODE_ONLY = 'test/**/*.node.test.ts'
const WORKERD_ONLY = 'test/**/*.worker.test.ts'
/** Tests in Node that need a PostgreSQL, which their project starts. */
const ON_POSTGRES = 'test/**/*.postgres.test.ts'
const SLOW_ON_POSTGRES = 'test/**/*.slow.postgres.test.ts'
/** These run after all others, one after the other: they need both cores. */
const LOAD = 'test/load/distributed.slow.node.test.ts'
const ATTACK = 'test/runtimes/held-bodies.slow.node.test.ts'
/** Files that are slow by nature: they start programs, hold many connections, or draw thousands of random inputs. */
const SLOW = [
  'test/**/*.slow.{test,node.test,worker.test}.ts',
  'test/**/garbage.node.test.ts',
  'test/catalogue/{encrypted,statements}.node.test.ts',
  'test/cli/{foreign-folder,key-switch,ledger,mtls,serve,serve-attacked,serve-disk,stop}.node.test.ts',
  'test/cli/doctor/notify-url.node.test.ts',
  'test/cli/simulator/{kept-keys,simulator,web-page}.node.test.ts',
  'test/console/{gateway,timeline,workbench}.node.test.ts',
  'test/docs/{code,skill}.node.test.ts',
  'test/facts/{outline,sdks}.node.test.ts',
  'test/flows/bill/download/gzip/gunzip.node.test.ts',
  'test/flows/payment/lying-proxy.node.test.ts',
  'test/gateway/cancelled.node.test.ts',
  'test/gateway/intake/forged.node.test.ts',
  'test/gateway/log/canaries.node.test.ts',
  'test/gateway/store/delivery/lanes.node.test.ts',
  'test/gateway/sweep/{contradicted,defined-responses,fairness,kinds}.node.test.ts',
  'test/runtimes/{breaking-answers,runtimes}.node.test.ts',
  'test/server/{event-stream,fairness,tiny-chunks,unread-log}.node.test.ts',
  'test/worker/{batches,connections,consume,dev,fixed-ip,start,wrangler}.node.test.ts',
]
/** Tests of the Worker that wait for periods of limits and retries, or record many events. */
const SLOW_WORKER =
  'test/worker/{access,concurrency,costs,demo,event-stream,healthz,ledger-calls,named-ledgers,queue,rate-limit,sharded}.worker.test.ts'
/** Portable tests whose code has nothing of a runtime's own: Node says it all, workerd is asked in `test:slow`. */
const BEYOND_CORE = 'test/{flows,simulator}/**/*.test.ts'
/** Random histories: few of them in the usual run, many in the project `slow`. */
const HISTORIES = 'test/**/*histories.test.ts'
/** Gives a project the same random inputs in every run. */
const REPEATABLE = 'test/random-inputs.ts'
/** The packed package as its users install it, and the examples. */
const PACKAGED = ['test/package/**/*.test.ts', 'test/examples/**/*.test.ts']

const common = {
  /** Milliseconds. Keys are made in these tests, and two cores run all projects at once. */
  testTimeout: 60_000,
  hookTimeout: 60_000,
  // A busy machine is no failure: what is polled for comes, or the test fails later.
  expect: { poll: { timeout: 20_000 } },
  // One more than there are cores, because many files wait for timers or programs. Vitest's own choice is one fewer.
  maxWorkers: availableParallelism() + 1,
  // For the programs that tests start: the types of their sources are stripped once, not at every start.
  env: { NODE_COMPILE_CACHE: resolve('node_modules/.cache/compile') },
}

/** As {@link common}, for what starts programs and browsers, or takes minutes: time limits only end what hangs. */
const slow = { ...common, testTimeout: 240_000, hookTimeout: 240_000, expect: { poll: { timeout: 60_000 } } }

const workerd = () =>
  // Its options are read for each Miniflare that starts.
  cloudflareTest(({ inject }) => ({
    wrangler: { configPath: './wrangler.toml' },
    miniflare: {
      kvNamespaces: ['CERTIFICATES'],
      // Tight, for the tests of the limit; that of wrangler.toml has its own.
      ratelimits: { THREE_NOTIFICATIONS: { namespace_id: '9001', simple: { limit: 3, period: 60 } } },
      bindings: { SIMULATE: 'true', SIMULATE_WEBHOOK_URL: `${inject('shop')}/${randomUUID()}` },
    },
  }))

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [WORKERD_ONLY, ON_POSTGRES, ...SLOW, ...PACKAGED],
          globalSetup: 'test/runtimes/breaking-setup.ts',
          setupFiles: [REPEATABLE],
          isolate: false,
        },
      },
      {
        test: {
          ...common,
          name: 'peculiar',
          include: ['test/core/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          // No WebCrypto is used there.
          exclude: [NODE_ONLY, WORKERD_ONLY, ...SLOW, HISTORIES, 'test/core/codec/**'],
          setupFiles: [REPEATABLE, 'test/peculiar.ts'],
          isolate: false,
        },
      },
      {
        test: {
          ...slow,
          name: 'slow-peculiar',
          include: ['test/core/**/*histories.test.ts'],
          setupFiles: ['test/peculiar.ts'],
        },
      },
      {
        test: {
          ...slow,
          name: 'slow-node-crypto',
          include: ['test/core/**/*.test.ts', 'test/conformance/**/*.test.ts'],
          exclude: [NODE_ONLY, WORKERD_ONLY, ...SLOW, HISTORIES, 'test/core/codec/**'],
          setupFiles: ['test/node-crypto.ts'],
          isolate: false,
        },
      },
      {
        plugins: [workerd()],
        test: {
          ...common,
          name: 'workerd',
          include: ['test/**/*.test.ts'],
          exclude: [NODE_ONLY, WORKERD_ONLY, ON_POSTGRES, ...SLOW, HISTORIES, BEYOND_CORE],
          globalSetup: ['test/worker/shop.ts', 'test/runtimes/breaking-setup.ts'],
          setupFiles: [REPEATABLE],
          isolate: false,
        },
      },
      {
        plugins: [workerd()],
        test: {
          ...slow,
          name: 'slow-workerd',
          include: [BEYOND_CORE, HISTORIES],
          exclude: [NODE_ONLY],
          globalSetup: ['test/worker/shop.ts', 'test/runtimes/breaking-setup.ts'],
          isolate: false,
        },
      },
      {
        // The Worker's own tests: each file has a Miniflare to itself, with storage and queues.
        plugins: [workerd()],
        test: {
          ...common,
          name: 'worker',
          include: [WORKERD_ONLY],
          exclude: [SLOW_WORKER],
          globalSetup: ['test/worker/shop.ts', 'test/worker/wechatpay.ts', 'test/runtimes/breaking-setup.ts'],
        },
      },
      {
        plugins: [workerd()],
        test: {
          ...slow,
          name: 'slow-worker',
          include: [SLOW_WORKER],
          globalSetup: ['test/worker/shop.ts', 'test/worker/wechatpay.ts', 'test/runtimes/breaking-setup.ts'],
        },
      },
      {
        test: {
          ...common,
          name: 'chromium',
          include: ['test/conformance/**/*.test.ts', 'test/adapters/{browser,gateway-client}.test.ts'],
          exclude: [NODE_ONLY, ...SLOW],
          globalSetup: ['test/chromium-setup.ts', 'test/runtimes/breaking-setup.ts'],
          setupFiles: [REPEATABLE],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({ launchOptions: { executablePath: CHROMIUM, args: ['--no-sandbox'] } }),
            instances: [{ browser: 'chromium' }],
          },
        },
      },
      {
        test: {
          ...slow,
          name: 'slow',
          include: [...SLOW, HISTORIES],
          exclude: [LOAD, ATTACK],
          globalSetup: 'test/runtimes/breaking-setup.ts',
          env: { ...common.env, HISTORIES: process.env.HISTORIES ?? '500' },
        },
      },
      {
        // Several gateways and a database take both cores for minutes.
        test: { ...slow, name: 'slow-load', include: [LOAD], sequence: { groupOrder: 1 } },
      },
      {
        // A server that has too little of the processor for 2,000 connections stays behind for as long as they are opened again.
        test: { ...slow, name: 'slow-attack', include: [ATTACK], sequence: { groupOrder: 2 } },
      },
      {
        test: {
          ...common,
          name: 'postgres',
          include: [ON_POSTGRES],
          exclude: [SLOW_ON_POSTGRES],
          globalSetup: 'test/postgres/setup.ts',
          setupFiles: [REPEATABLE],
          isolate: false,
        },
      },
      {
        test: { ...slow, name: 'slow-postgres', include: [SLOW_ON_POSTGRES], globalSetup: 'test/postgres/setup.ts' },
      },
      { test: { ...slow, name: 'package', include: PACKAGED, globalSetup: 'test/package/scratch.ts' } },
    ],
  },
})
