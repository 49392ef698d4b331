import { execFile } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { COMPILERS, type Compiler, packageAt } from '../../scripts/consumer.ts'
import { findNode20 } from '../runtimes/node20.ts'

// A CommonJS project that installed the packed package.
/** Milliseconds for the installation of Jest. */
const INSTALLATION_TIMEOUT = 300_000
const folder = join(inject('scratch'), 'commonjs')
const bin = (name: string) => join(process.cwd(), 'node_modules/.bin', name)
const run = promisify(execFile)
const env = { ...process.env, NO_COLOR: '1', NODE_OPTIONS: '' }

/** The output of a program, with that to stderr; when it fails, that is the error. */
const report = (program: string, args: string[], cwd = folder): Promise<string> =>
  run(program, args, { cwd, env }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ message, stdout, stderr }) => Promise.reject(new Error(`${message}\n${stdout}\n${stderr}`)),
  )

/** Every entry, `require`d and imported: the same functions and classes, under the same names. */
/** Testcontainers, which this entry imports, requires Node 22.15, and its types `esModuleInterop`. */
const CONTAINERS = './testcontainers'

const COMPARISON = `
const entries = Object.keys(require('wechatpay-edge/package.json').exports).filter(name => !name.endsWith('.json') && !process.argv.includes(name))
const required = entries.map(name => [name, require('wechatpay-edge' + name.slice(1))])
async function compare() {
  for (const [name, module] of required) {
    const { default: _, ...imported } = await import('wechatpay-edge' + name.slice(1))
    const different = Object.keys(imported).filter(key => module[key] !== imported[key])
    if (different.length > 0) throw new Error(name + ' has two copies of ' + different)
  }
  console.log(entries.length + ' entries')
}
compare()
`

let entries: string[]
beforeAll(async () => {
  await mkdir(folder)
  const { exports } = JSON.parse(await readFile('package.json', 'utf8'))
  entries = Object.keys(exports).filter(name => !name.endsWith('.json'))
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'commonjs' }))
  await writeFile(join(folder, 'compare.cjs'), COMPARISON)
})

describe('every entry can be required, without a warning, and is what import() returns', () => {
  const all = () => `${entries.length} entries\n`

  test('in this Node', async () => {
    expect(await report(process.execPath, ['compare.cjs'])).toBe(all())
  })

  const node20 = findNode20()
  test('in Node 20', async context => {
    const node = await node20
    context.skip(!node)
    expect(await report(node!, ['compare.cjs', CONTAINERS])).toBe(`${entries.length - 1} entries\n`)
  })

  test('in Bun', async () => {
    expect(await report(bin('bun'), ['compare.cjs'])).toBe(all())
  })

  test('in Deno', async () => {
    expect(await report(bin('deno'), ['run', '--allow-all', '--quiet', 'compare.cjs'])).toBe(all())
  })
})

test('a loader that cannot require ES modules finds every entry in CommonJS, with the same names', async () => {
  const root = join(inject('scratch'), 'node_modules/wechatpay-edge')
  const { exports } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'))
  const names = `
    const names = path => Object.keys(require(path)).filter(name => name !== '__esModule').sort()
    console.log(JSON.stringify(process.argv.slice(1).map(names)))`
  for (const name of entries) {
    const { require, default: module } = exports[name]
    const paths = [require.default, module].map(path => join(root, path))
    const [inCommonJs, inModule] = JSON.parse(await report(process.execPath, ['-e', names, ...paths]))
    expect(inCommonJs, name).toEqual(inModule)
    // Such a loader has no `import()` either.
    expect(await report(process.execPath, ['--no-experimental-require-module', '-e', names, paths[0]!])).toContain('[')
  }
})

/** How TypeScript resolves in a CommonJS project, and the compilers that can do it. */
const RESOLUTIONS: [module: string, options: object, compilers: Compiler[]][] = [
  ['commonjs', { module: 'commonjs', moduleResolution: 'node10' }, ['5.9']],
  ['node16', { module: 'node16' }, ['5.4', '5.9']],
  ['nodenext', { module: 'nodenext' }, ['7.0']],
]

test.each(RESOLUTIONS)(
  'TypeScript with "module": "%s" knows every entry in a CommonJS file, and what it compiles runs',
  async (module, options, compilers) => {
    const project = join(folder, module)
    await mkdir(project)
    const known = module === 'commonjs' ? entries.filter(name => name !== CONTAINERS) : entries
    const imports = known.map((name, at) => `import * as entry${at} from 'wechatpay-edge${name.slice(1)}'`)
    const used = known.map((_, at) => `Object.keys(entry${at}).length > 0`)
    const program = `${imports.join('\n')}
import { type Reply, Wechatpay, WechatpayError } from 'wechatpay-edge'
import { createSimulator } from 'wechatpay-edge/simulator'
const place = async (client: Wechatpay): Promise<Reply<{ code_url: string }>> =>
  client.v3.pay.transactions.native.post({
    appid: 'wxd678efh567hg6787', mchid: '1900000109', description: 'cup', out_trade_no: 'commonjs01',
    notify_url: 'https://example.com/notify', amount: { total: 100 },
  })
// @ts-expect-error An amount is a number.
const wrong = (client: Wechatpay) => client.v3.pay.transactions.native.post({ amount: { total: '100' } })
createSimulator().then(async ({ merchant, fetch }) => {
  const error = await place(new Wechatpay({ ...merchant, mchid: '1900000110', fetch })).catch((thrown: unknown) => thrown)
  console.log(error instanceof WechatpayError, [${used.join(', ')}].every(Boolean), typeof wrong)
})
`
    await writeFile(join(project, 'main.ts'), program)
    const compilerOptions = {
      target: 'es2022',
      strict: true,
      lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
      types: ['node'],
      typeRoots: [join(process.cwd(), 'node_modules/@types')],
      ...options,
    }
    await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.ts'] }))
    for (const compiler of compilers)
      expect(await report(process.execPath, [packageAt(COMPILERS[compiler]), '-p', project])).toBe('')
    expect(await report(process.execPath, [join(project, 'main.js')])).toBe('true true function\n')
  },
)

describe('Jest, as it is installed, runs the tests of the example', () => {
  const project = join(inject('scratch'), 'jest')
  beforeAll(async () => {
    const options = ['--prefer-offline', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock']
    await report('npm', ['install', ...options], project)
  }, INSTALLATION_TIMEOUT)

  test.each(['javascript', 'typescript'])('in %s', async language => {
    const args = ['node_modules/jest/bin/jest.js', '-c', `${language}/jest.config.js`]
    expect(await report(process.execPath, args, project)).toMatch(/Tests: +2 passed, 2 total/)
  })
})
