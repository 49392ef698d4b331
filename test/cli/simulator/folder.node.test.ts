import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it } from 'vitest'
import { CommandError } from '../../../src/cli/command.ts'
import { readFolder, writeFolder } from '../../../src/cli/simulator/folder.ts'

let path: string
beforeEach(async () => {
  const parent = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  path = join(parent, 'new', 'folder')
  return () => rm(parent, { recursive: true })
})
const write = (files: Record<string, string>, force = false) => writeFolder(path, files, { mchid: '1' }, force)
const at = (name: string) => readFile(join(path, name), 'utf8')

it('is made, its files for this user alone, with a manifest', async () => {
  await write({ 'a.pem': 'A', '.env': 'B' })
  expect((await readdir(path)).sort()).toEqual(['.env', 'a.pem', 'simulator.json'])
  for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o777).toBe(0o600)
  expect((await stat(path)).mode & 0o777).toBe(0o700)
  expect(JSON.parse(await at('simulator.json'))).toMatchObject({ mchid: '1', files: { 'a.pem': expect.any(String) } })
  expect(await readFolder(path, ['a.pem', 'none'])).toEqual({ 'a.pem': 'A' })
})

it('its own files are replaced, and removed when they are due no more', async () => {
  await write({ 'a.pem': 'A', 'old.pem': 'O' })
  await write({ 'a.pem': 'B' })
  expect([await at('a.pem'), (await readdir(path)).sort()]).toEqual(['B', ['a.pem', 'simulator.json']])
})

it.each([
  ['a file that was there', async () => writeFile(join(path, 'a.pem'), 'mine')],
  ['a manifest of something else', async () => writeFile(join(path, 'simulator.json'), '[]')],
])('%s is in the way, unless forced', async (_, put) => {
  await mkdir(path, { recursive: true })
  await put()
  const before = await readdir(path)
  await expect(write({ 'a.pem': 'A', 'b.pem': 'B' })).rejects.toThrow(
    /which the simulator did not write or which was changed.*--force/,
  )
  expect(await readdir(path)).toEqual(before)
  await write({ 'a.pem': 'A', 'b.pem': 'B' }, true)
  expect([await at('a.pem'), await at('b.pem')]).toEqual(['A', 'B'])
  await write({ 'a.pem': 'C', 'b.pem': 'B' })
  expect(await at('a.pem')).toBe('C')
})

it('a file that was changed since is neither replaced nor removed', async () => {
  await write({ '.env': 'A', 'old.pem': 'O' })
  await writeFile(join(path, '.env'), 'A\nMINE=1')
  await writeFile(join(path, 'old.pem'), 'mine')
  await expect(write({ '.env': 'B' })).rejects.toThrow(/has \.env,/)
  await write({ '.env': 'A\nMINE=1' })
  expect(await at('old.pem')).toBe('mine')
})

it('a manifest that names files elsewhere has none of them removed', async () => {
  await write({ a: 'A' })
  const outside = join(path, '..', 'outside')
  await writeFile(outside, 'A')
  const { a } = JSON.parse(await at('simulator.json')).files
  await writeFile(join(path, 'simulator.json'), JSON.stringify({ files: { a, '../outside': a } }))
  await write({ b: 'B' })
  expect([await readFile(outside, 'utf8'), (await readdir(path)).sort()]).toEqual(['A', ['b', 'simulator.json']])
})

it('that cannot be made is told in one line', async () => {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '')
  const error = await write({ a: 'A' }).catch(error => error)
  expect(error).toBeInstanceOf(CommandError)
  expect(error.message).toMatch(
    /^Cannot create the folder .*: something that is not a folder has this name\. Choose another path\.$/,
  )
})

it.skipIf(process.getuid?.() === 0)('that takes no writing is told in one line', async () => {
  await mkdir(path, { recursive: true })
  await chmod(path, 0o500)
  await expect(write({ a: 'A' })).rejects.toThrow(/^Cannot write .*: you may not\./)
})
