import { beforeEach, expect, test } from 'vitest'
import { type Commit, createGroupCommit } from '../../src/storage/group-commit.ts'

let commit: Commit
/** The steps so far, in order. */
let story: string[]
/** Lets the disk be done; or fail. */
let disk: { done(): void; fail(): void }[]
let failures: string[]

beforeEach(() => {
  story = []
  disk = []
  failures = []
  commit = createGroupCommit({
    transaction: work => {
      const before = story.length
      try {
        const result = work()
        story.push('commit')
        return result
      } catch (error) {
        story.length = before
        throw error
      }
    },
    sync: () => new Promise((resolve, reject) => disk.push({ done: resolve, fail: () => reject(new Error('disk')) })),
    later: work => void setTimeout(work, 0),
    debounced: work => void setTimeout(work, 5),
    onFailure: error => void failures.push(String(error)),
  })
})
const turn = () => new Promise(resolve => setTimeout(resolve, 1))
const ask = (name: string, isEarly = false) => {
  const told = commit(() => story.push(name), isEarly)
  told.then(() => story.push(`${name} told`)).catch(() => story.push(`${name} refused`))
}

test('what arrives together is one transaction, and is told of when it is on the disk', async () => {
  ask('a')
  ask('b')
  await turn()
  expect(story).toEqual(['a', 'b', 'commit'])
  disk[0]!.done()
  await turn()
  expect(story.slice(3)).toEqual(['a told', 'b told'])
  expect(disk).toHaveLength(1)
})

test('what arrives while the disk works waits for the next time, together', async () => {
  ask('a')
  await turn()
  ask('b')
  ask('c')
  await turn()
  expect(story).toEqual(['a', 'commit'])
  disk[0]!.done()
  await turn()
  expect(story.slice(2)).toEqual(expect.arrayContaining(['a told', 'b', 'c', 'commit']))
  expect(story).not.toContain('b told')
  disk[1]!.done()
  await turn()
  expect(story.slice(-2)).toEqual(['b told', 'c told'])
})

test('who is to be answered early waits for the commit alone, also while the disk works; it is brought to the disk all the same', async () => {
  ask('a', true)
  await turn()
  expect(story).toEqual(['a', 'commit', 'a told'])
  expect(disk).toHaveLength(0)
  while (disk.length === 0) await turn()
  ask('b', true)
  ask('c')
  await turn()
  expect(story.slice(3)).toEqual(['b', 'c', 'commit', 'b told'])
  // The disk was asked before they came: only what it is asked next is theirs.
  disk[0]!.done()
  await turn()
  expect(story).not.toContain('c told')
  disk[1]!.done()
  await turn()
  expect(story).toContain('c told')
})

test('one that fails is told so, and costs the others nothing', async () => {
  ask('a')
  const failing = commit(() => {
    throw new Error('no')
  }).catch(String)
  ask('b', true)
  await turn()
  disk[0]!.done()
  expect(await failing).toBe('Error: no')
  expect(story).toEqual(['a', 'commit', 'b', 'commit', 'b told', 'a told'])
})

test('after the disk has failed nothing is carried out or told any more: what it shows may be lost', async () => {
  ask('a')
  ask('b', true)
  await turn()
  ask('c')
  disk[0]!.fail()
  await turn()
  expect(story.slice(-3)).toEqual(expect.arrayContaining(['b told', 'a refused', 'c refused']))
  ask('d')
  ask('e', true)
  await turn()
  await turn()
  expect(story.slice(-2)).toEqual(['d refused', 'e refused'])
  expect(story).not.toContain('d')
  expect(disk).toHaveLength(1)
  expect(failures).toEqual(['Error: disk'])
})
