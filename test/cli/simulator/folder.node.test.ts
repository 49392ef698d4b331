import { createHash } from 'node:crypto'
import {
  chmod,
  chown,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { CommandError } from '../../../src/cli/command.ts'
import { openFolder } from '../../../src/cli/simulator/folder.ts'

let path: string
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  path = join(parent, 'new', 'folder')
  return () => rm(parent, { recursive: true })
})
const isOwnName = (name: string) => /^(\w+\.pem|\.env)$/.test(name)
const open = (force = false) => openFolder(path, { isOwnName, force })
const write = async (files: Record<string, string>, force = false) => (await open(force)).write(files, { mchid: '1' })
const read = async (name: string) => (await open()).read(name)
const contentOf = (name: string) => readFile(join(path, name), 'utf8')
const put = async (name: string, content: string) => {
  await mkdir(path, { recursive: true })
  await writeFile(join(path, name), content)
}
const digestOf = (content: string) => createHash('sha256').update(content).digest('hex')
const putManifest = (files: unknown) => put('simulator.json', JSON.stringify({ files }))

it('creates the folder with a manifest, its files for this user only', async () => {
  await write({ 'a.pem': 'A', '.env': 'B' })
  expect((await readdir(path)).sort()).toEqual(['.env', 'a.pem', 'simulator.json'])
  for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  expect(JSON.parse(await contentOf('simulator.json'))).toEqual({
    mchid: '1',
    files: { 'a.pem': digestOf('A'), '.env': digestOf('B') },
  })
  expect([await read('a.pem'), await read('none.pem')]).toEqual(['A', undefined])
})

it('replaces its own files, and removes those that it no longer writes', async () => {
  await write({ 'a.pem': 'A', 'old.pem': 'O' })
  await write({ 'a.pem': 'B' })
  expect([await contentOf('a.pem'), (await readdir(path)).sort()]).toEqual(['B', ['a.pem', 'simulator.json']])
})

it.each([
  ['a file of somebody else', () => put('a.pem', 'mine')],
  ['a manifest of another program', () => put('simulator.json', '[]')],
  ['a manifest whose files are no object', () => putManifest('abc')],
])('refuses to overwrite %s, unless forced', async (_, prepare) => {
  await prepare()
  const before = await readdir(path)
  await expect(write({ 'a.pem': 'A', 'b.pem': 'B' })).rejects.toThrow(
    /which the simulator did not write or which was changed.*--force/,
  )
  expect(await readdir(path)).toEqual(before)
  await write({ 'a.pem': 'A', 'b.pem': 'B' }, true)
  expect([await contentOf('a.pem'), await contentOf('b.pem')]).toEqual(['A', 'B'])
  await write({ 'a.pem': 'C', 'b.pem': 'B' })
  expect(await contentOf('a.pem')).toBe('C')
})

it('neither replaces nor removes a file that was changed since', async () => {
  await write({ '.env': 'A', 'old.pem': 'O' })
  await put('.env', 'A\nMINE=1')
  await put('old.pem', 'mine')
  await expect(write({ '.env': 'B' })).rejects.toThrow(/has \.env,/)
  await write({ '.env': 'A\nMINE=1' })
  expect(await contentOf('old.pem')).toBe('mine')
})

it('continues after a run that was killed while it wrote', async () => {
  await write({ 'a.pem': 'A', 'b.pem': 'B' })
  // As a run leaves it that has replaced one file and not the other.
  await putManifest({ 'a.pem': [digestOf('A'), digestOf('A2')], 'b.pem': [digestOf('B'), digestOf('B2')] })
  await put('a.pem', 'A2')
  expect([await read('a.pem'), await read('b.pem')]).toEqual(['A2', 'B'])
  await write({ 'a.pem': 'A3', 'b.pem': 'B3' })
  expect(await contentOf('a.pem')).toBe('A3')
  expect(JSON.parse(await contentOf('simulator.json')).files).toEqual({
    'a.pem': digestOf('A3'),
    'b.pem': digestOf('B3'),
  })
})

it('lists the files before it writes them, so that the next run recognizes what a failed one wrote', async () => {
  await write({ 'a.pem': 'A' })
  const folder = await open()
  const files = { 'a.pem': 'A2', 'b.pem': 'B' }
  let read = 0
  const failing = new Proxy(files, {
    get(target, name: 'a.pem' | 'b.pem') {
      // Each file is read twice for its digest, and then to be written.
      if (name === 'b.pem' && ++read === 3) throw new Error('the disk is gone')
      return target[name]
    },
  })
  await expect(folder.write(failing, {})).rejects.toThrow('the disk is gone')
  expect(await contentOf('a.pem')).toBe('A2')
  await write(files)
  expect([await contentOf('a.pem'), await contentOf('b.pem')]).toEqual(['A2', 'B'])
})

describe('files that somebody planted', () => {
  it('are not read without a manifest', async () => {
    await put('ca.pem', 'planted')
    expect(await read('ca.pem')).toBeUndefined()
  })

  it('are not read if the manifest has another digest, or none that is a text', async () => {
    await put('ca.pem', 'planted')
    for (const digest of [digestOf('other'), null, { length: 1 }, [[digestOf('planted')]], 1]) {
      await putManifest({ 'ca.pem': digest })
      expect(await read('ca.pem')).toBeUndefined()
    }
  })

  it.each(['..', '.', '', '../outside', '/etc/passwd', 'folder', '__proto__'])(
    'do not stop the next run by a manifest with the name %j, and nothing of that name is removed',
    async name => {
      await write({ 'a.pem': 'A' })
      await writeFile(join(path, '..', 'outside'), 'A')
      await mkdir(join(path, 'folder'))
      const files = JSON.parse(`{${JSON.stringify(name)}:${JSON.stringify(digestOf('A'))},"a.pem":"${digestOf('A')}"}`)
      await putManifest(files)
      await write({ 'b.pem': 'B' })
      expect((await readdir(path)).sort()).toEqual(['b.pem', 'folder', 'simulator.json'])
      expect(await readFile(join(path, '..', 'outside'), 'utf8')).toBe('A')
    },
  )

  it('do not get a file removed that the simulator never writes', async () => {
    await put('thesis.tex', 'mine')
    await putManifest({ 'thesis.tex': digestOf('mine') })
    await write({ 'a.pem': 'A' })
    expect(await contentOf('thesis.tex')).toBe('mine')
  })

  it.skipIf(process.getuid?.() !== 0)('are not trusted because of a manifest of another user', async () => {
    await write({ 'a.pem': 'A' })
    await chown(join(path, 'simulator.json'), 65_534, 65_534)
    await expect(open()).rejects.toThrow(/simulator\.json is a link or belongs to another user.*--folder.*--force\.$/)
    const forced = await open(true)
    expect(await forced.read('a.pem')).toBeUndefined()
    await forced.write({ 'a.pem': 'B' }, {})
    expect(await read('a.pem')).toBe('B')
  })
})

describe('a link', () => {
  it.each(['simulator.json', 'a.pem'])('in place of %s is not followed', async name => {
    await write({ 'a.pem': 'A' })
    const target = join(path, '..', name)
    await rename(join(path, name), target)
    await symlink(target, join(path, name))
    if (name === 'a.pem') {
      expect(await read(name)).toBeUndefined()
      await expect(write({ 'a.pem': 'A' })).rejects.toThrow(/has a\.pem,/)
      await write({ 'a.pem': 'B' }, true)
      return expect([await read(name), await readFile(target, 'utf8')]).toEqual(['B', 'A'])
    }
    await expect(open()).rejects.toThrow(/simulator\.json is a link .*--folder.*--force\.$/)
    const forced = await open(true)
    expect(await forced.read('a.pem')).toBeUndefined()
    await forced.write({ 'a.pem': 'B' }, {})
    expect([await read('a.pem'), (await lstat(join(path, name))).isSymbolicLink()]).toEqual(['B', false])
    expect(JSON.parse(await readFile(target, 'utf8')).files).toEqual({ 'a.pem': digestOf('A') })
  })

  it('in place of the folder is not followed', async () => {
    await write({ 'a.pem': 'A' })
    const target = join(path, '..', 'elsewhere')
    await rename(path, target)
    await symlink(target, path)
    await expect(open()).rejects.toThrow(/folder is a link /)
  })
})

it.skipIf(process.getuid?.() !== 0)('does not trust a folder of another user', async () => {
  await write({ 'a.pem': 'A' })
  await chown(path, 65_534, 65_534)
  await expect(open()).rejects.toThrow(/folder is a link or belongs to another user/)
})

it('never writes under a name that is not one of its files', async () => {
  const folder = await open()
  for (const name of ['../a.pem', 'wechatpay_../../x.pem', '..', '', 'simulator.json'])
    await expect(folder.write({ [name]: 'A' }, {})).rejects.toThrow(RangeError)
  await expect(readdir(path)).rejects.toThrow('ENOENT')
})

it('says in one line that the folder cannot be created', async () => {
  await mkdir(join(path, '..'), { recursive: true })
  const folder = await open()
  await writeFile(path, '')
  const error: Error = (await folder.write({ 'a.pem': 'A' }, {}).catch((error: Error) => error)) as Error
  expect(error).toBeInstanceOf(CommandError)
  expect(error.message).toMatch(/^Cannot (create the folder|read) .*Choose another path\.$/)
})

it.skipIf(process.getuid?.() === 0)('says in one line that it may not write', async () => {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o500)
  await expect(write({ 'a.pem': 'A' })).rejects.toThrow(/^Cannot write .*: permission denied/)
})
