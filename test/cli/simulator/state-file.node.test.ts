import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeEach, expect, it, vi } from 'vitest'
import { keepStateFile, readStateFile } from '../../../src/cli/simulator/state-file.ts'

let folder: string
let file: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  file = join(folder, 'new', 'state.json')
  return () => rm(folder, { recursive: true })
})
const never = (error: Error) => {
  throw error
}
const content = () => readFile(file, 'utf8')

/** Creates the part of a simulator that the file uses. */
const remembering = () => ({
  changes: 0,
  snapshot() {
    return `{"a":${this.changes}}`
  },
})

it('is there from the start, for this user alone, and holds the last change when closed', async () => {
  const state = remembering()
  const kept = await keepStateFile(file, state, never)
  expect(await content()).toBe('{"a":0}')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  state.changes = 2
  await kept.close()
  expect(await readStateFile(file)).toBe('{"a":2}')
  expect(await readdir(join(folder, 'new'))).toEqual(['state.json'])
})

it('is written by itself after a change, and again after the next', async () => {
  const state = remembering()
  const kept = await keepStateFile(file, state, never)
  for (state.changes of [50, 51])
    await vi.waitFor(async () => expect(await content()).toBe(`{"a":${state.changes}}`), 30_000)
  await kept.close()
})

it('a failure is told, and the next try succeeds', async () => {
  const failures: Error[] = []
  const state = remembering()
  const kept = await keepStateFile(file, state, error => failures.push(error))
  await rm(join(folder, 'new'), { recursive: true })
  state.changes = 1
  await vi.waitFor(() => expect(failures.length).toBeGreaterThan(0), 30_000)
  expect(failures[0]!.message).toMatch(/^Cannot write .*state\.json: its folder does not exist/)
  await mkdir(join(folder, 'new'))
  await vi.waitFor(async () => expect(await content()).toBe('{"a":1}'), 30_000)
  await rm(join(folder, 'new'), { recursive: true })
  state.changes = 2
  await expect(kept.close()).rejects.toThrow(/Cannot write/)
})

it('of none there is nothing; what is no state is refused', async () => {
  expect(await readStateFile(file)).toBeUndefined()
  for (const text of ['', '[]', '{"a"', '1']) {
    await writeFile(join(folder, 'other'), text)
    await expect(readStateFile(join(folder, 'other'))).rejects.toThrow(/is not a state of the simulator\. Give another/)
  }
  await expect(readStateFile(folder)).rejects.toThrow(/it is a folder/)
})
