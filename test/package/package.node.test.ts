import { execFile } from 'node:child_process'
import { readFile, symlink, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from '@modelcontextprotocol/client'
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio'
import { expect, inject, test } from 'vitest'
import { VERSION } from '../../src/core/base/version.ts'

// The package as it would be published, and as it lies in a project that installed it.
const run = promisify(execFile)
const [scratch, tarball] = [inject('scratch'), inject('tarball')]
const json = async (file: string) => JSON.parse(await readFile(file, 'utf8'))
/** A program's output without colours; when it fails, that is the error. */
const report = (program: string, args: string[], cwd = process.cwd()): Promise<string> =>
  run(join(process.cwd(), 'node_modules/.bin', program), args, { cwd, env: { ...process.env, NO_COLOR: '1' } }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ message, stdout, stderr }) => Promise.reject(new Error(`${message}\n${stdout}\n${stderr}`)),
  )

test('publint finds nothing', async () => {
  expect(await report('publint', [tarball, '--strict'])).toContain('All good!')
})

test('every entry has the types that it has at run time, says are-the-types-wrong', async () => {
  expect(await report('attw', [tarball])).toContain('wechatpay-edge/browser')
})

test('an adapter a runtime, the gateway and the simulator are entries; nothing is run by being imported', async () => {
  const { exports, sideEffects, type } = await json(join(scratch, 'node_modules/wechatpay-edge/package.json'))
  expect(Object.keys(exports)).toEqual(
    expect.arrayContaining([
      '.',
      ...['node', 'deno', 'bun', 'cloudflare', 'browser', 'gateway', 'simulator'].map(name => `./${name}`),
    ]),
  )
  for (const [name, entry] of Object.entries<Record<string, string>>(exports))
    if (!name.endsWith('.json')) expect(Object.keys(entry), name).toEqual(['require', 'types', 'default'])
  expect([sideEffects, type]).toEqual([false, 'module'])
})

test('the tarball holds what was built and the documents, no source, test or key', async () => {
  const { stdout } = await run('tar', ['-tzf', tarball])
  const files = stdout.trim().split('\n')
  const strangers = files.filter(
    file =>
      !/^package\/(dist\/|docs\/[\w/.-]+\.(md|svg)$|skills\/[\w/.-]+\.md$|[A-Z]+(\.zh-CN)?(\.md)?$|llms\.txt$|package\.json$)/.test(
        file,
      ),
  )
  expect(strangers).toEqual([])
})

test('JSR, npm and the User-Agent tell the same version and entries', async () => {
  const [npm, jsr] = [await json('package.json'), await json('jsr.json')]
  expect([jsr.version, VERSION]).toEqual([npm.version, npm.version])
  // Testcontainers brings types of Node that differ from Deno's, and belongs to tests in Node.
  const isOnlyInNpm = (name: string) => name.endsWith('.json') || name === './testcontainers'
  expect(Object.keys(jsr.exports)).toEqual(Object.keys(npm.exports).filter(name => !isOnlyInNpm(name)))
})

test('JSR takes the sources: their types are explicit, and nothing is missing', async () => {
  expect(await report('deno', ['publish', '--dry-run', '--allow-dirty'])).toContain('Success')
})

test('every entry and every example type-check in the project that installed the package, by TypeScript and by Deno', async () => {
  const compilerOptions = {
    module: 'nodenext',
    target: 'es2022',
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    lib: ['es2023', 'dom', 'dom.iterable', 'dom.asynciterable'],
    types: ['node'],
    typeRoots: [join(process.cwd(), 'node_modules/@types')],
  }
  // Vite's own types are not under test.
  const include = ['entries.ts', 'node', 'bun', 'cloudflare', 'browser/main.ts']
  const { exports } = await json('package.json')
  const entries = Object.keys(exports).filter(name => !name.endsWith('.json'))
  const all = entries.map((name, at) => `export * as entry${at} from 'wechatpay-edge${name.slice(1)}'`)
  await writeFile(join(scratch, 'entries.ts'), all.join('\n'))
  await writeFile(join(scratch, 'tsconfig.json'), JSON.stringify({ compilerOptions, include }))
  await Promise.all([
    report('tsc', ['-p', join(scratch, 'tsconfig.json')]),
    report('deno', ['check', 'deno/main.ts'], scratch),
  ])
})

test('Deno loads it by an npm: specifier', async () => {
  const code = `import { Wechatpay } from 'npm:wechatpay-edge@${VERSION}'; console.log(typeof Wechatpay)`
  await writeFile(join(scratch, 'npm.ts'), code)
  expect(await report('deno', ['run', 'npm.ts'], scratch)).toBe('function\n')
})

test('the MCP server says which package it lacks, and serves tools and skill once it is there', async () => {
  const main = join(scratch, 'node_modules/wechatpay-edge/dist/cli/main.js')
  const lacking = await run(process.execPath, [main, 'mcp']).catch(error => error)
  expect(lacking.stderr).toContain('npm install @modelcontextprotocol/server@2')
  const scope = join(scratch, 'node_modules/@modelcontextprotocol')
  await symlink(join(process.cwd(), 'node_modules/@modelcontextprotocol'), scope)
  const client = new Client({ name: 'test', version: '1.0.0' })
  try {
    await client.connect(new StdioClientTransport({ command: process.execPath, args: [main, 'mcp'], cwd: scratch }))
    const found = await client.callTool({ name: 'find_endpoint', arguments: { query: '申请退款' } })
    expect(JSON.stringify(found.structuredContent)).toContain('v3/refund/domestic/refunds')
    const { resources } = await client.listResources()
    expect(resources.map(({ uri }) => uri)).toContain('skill://wechatpay-edge/SKILL.md')
  } finally {
    await client.close()
    await unlink(scope)
  }
})
