import { type ExecFileException, execFile } from 'node:child_process'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { cases } from '../conformance/index.ts'
import { findNode20 } from './node20.ts'

// Each runtime's own runner runs the suite, from the project's root; what it reports is in the failure.
const TIMEOUT = 300_000

/** @returns what the runner printed, both streams; when it fails, that is the error */
const report = (program: string, args: readonly string[]): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, NO_COLOR: '1' }
    execFile(
      program,
      args,
      { env, timeout: TIMEOUT, maxBuffer: 2 ** 24 },
      (error: ExecFileException | null, out, err) =>
        error
          ? reject(new Error(`${program} ${args.join(' ')}: ${error.message}\n${out}\n${err}`))
          : resolve(out + err),
    )
  })

/** How many cases a runner says have passed; 0 when it does not say so. */
const passed = (said: string, summary: RegExp): number => Number(summary.exec(said)?.[1] ?? 0)

test.concurrent(
  'Deno passes the suite',
  async () => {
    const leave = ['env', 'read', 'write', 'run', 'net=127.0.0.1,localhost,nobody.invalid'].map(
      what => `--allow-${what}`,
    )
    const said = await report('node_modules/.bin/deno', [
      'test',
      '--no-check',
      '--unstable-kv',
      ...leave,
      'test/runtimes/deno.ts',
    ])
    expect(passed(said, /ok \| (\d+) passed \| 0 failed/)).toBeGreaterThan(cases.length)
  },
  TIMEOUT,
)

test.concurrent(
  'Bun passes the suite',
  async () => {
    const said = await report('node_modules/.bin/bun', ['test', '--timeout', '120000', './test/runtimes/bun.ts'])
    expect(passed(said, /(\d+) pass\n 0 fail/)).toBeGreaterThan(cases.length)
  },
  TIMEOUT,
)

const node20 = await findNode20()

// The machine's own: there is none among the dependencies.
test.skipIf(!node20)(
  'Node 20 passes the suite, on the built package',
  async () => {
    const file = join('.cache', `suite-${process.pid}.mjs`)
    await build({
      entryPoints: ['test/runtimes/node.ts'],
      outfile: file,
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      target: 'node20',
      plugins: [
        {
          // The public entries are those that were built; what lies behind them is bundled from its source.
          name: 'built',
          setup: ({ onResolve }) =>
            onResolve(
              { filter: /\/src\/(core\/index|simulator\/index|adapters\/node|flows\/\w+\/index)\.ts$/ },
              ({ path }) => {
                const [, entry] = /\/src\/(.*)\.ts$/.exec(path)!
                return { path: join(process.cwd(), 'dist', `${entry}.js`), external: true }
              },
            ),
        },
      ],
    })
    try {
      const said = await report(node20!, ['--test', file])
      expect(passed(said, /# pass (\d+)\n# fail 0\n/)).toBeGreaterThan(cases.length)
    } finally {
      await rm(file)
    }
  },
  TIMEOUT,
)
