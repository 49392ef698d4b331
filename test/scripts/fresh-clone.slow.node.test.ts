import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

// A clone in which `npm ci` has run: the files that Git knows, the dependencies, and what npm's script `dependencies` has made.
const WITHIN = 900_000
const run = promisify(execFile)
let clone: string

/** Runs a script of package.json in the clone. The error has what the script printed. */
const script = (name: string): Promise<string> => {
  const env = { ...process.env, PATH: `${resolve('node_modules/.bin')}${delimiter}${process.env.PATH}`, NO_COLOR: '1' }
  return run('npm', ['run', name], { cwd: clone, env, maxBuffer: 2 ** 24 }).then(
    ({ stdout, stderr }) => stdout + stderr,
    ({ message, stdout, stderr }) => Promise.reject(new Error(`${message}\n${stdout}\n${stderr}`)),
  )
}

/** The SHA-256 of every file but those of the dependencies, by path. */
async function hashes(): Promise<Record<string, string>> {
  const entries = await readdir(clone, { recursive: true, withFileTypes: true })
  const paths = entries.filter(entry => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
  const hashed = paths.map(async path => [
    path,
    createHash('sha256')
      .update(await readFile(path))
      .digest('hex'),
  ])
  return Object.fromEntries(await Promise.all(hashed))
}

beforeAll(async () => {
  clone = await mkdtemp(join(tmpdir(), 'wechatpay-edge-clone-'))
  const { stdout } = await run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const path of stdout.split('\0').filter(Boolean)) await cp(path, join(clone, path)).catch(ignoreDeleted)
  await symlink(resolve('node_modules'), join(clone, 'node_modules'))
  await script('dependencies')
}, WITHIN)
afterAll(() => rm(clone, { recursive: true }))

/** A file that the work tree no longer has. */
const ignoreDeleted = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'ENOENT') throw error
}

test('it type-checks', () => script('typecheck'), WITHIN)

test(
  '`npm run check` passes, and writes nothing',
  async () => {
    const before = await hashes()
    expect(Object.keys(before).length).toBeGreaterThan(800)
    await script('check')
    expect(await hashes()).toEqual(before)
  },
  WITHIN,
)

test(
  'a definition that has changed since `npm run generate` fails `npm run check`, which still writes nothing',
  async () => {
    const path = join(clone, 'src/definitions/v3/abnormal-fund.yaml')
    await writeFile(path, (await readFile(path, 'utf8')).replace('查询在途异常资金付款结果', '查询结果'))
    const before = await hashes()
    await expect(script('check')).rejects.toThrow(/openapi\.json.*npm run generate/)
    expect(await hashes()).toEqual(before)
    await script('generate')
    await script('typecheck')
  },
  WITHIN,
)
