import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { SyncTime } from '../../src/gateway/store/method.ts'
import { type Commit, createGroupCommit } from '../../src/storage/group-commit.ts'

let commit: Commit
/** The steps so far, in order. */
let story: string[]
/** Lets the disk be done; or fail. */
let disk: { done(): void; fail(): void }[]
let failures: string[]

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
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
    delay: (work, syncTime) => void setTimeout(work, { soon: 5, later: 20 }[syncTime]),
    onFailure: error => void failures.push(String(error)),
  })
})
afterEach(() => void vi.useRealTimers())

/** Has a millisecond pass: commits happen, and delayed syncs do not. */
const turn = () => vi.advanceTimersByTimeAsync(1)
const ask = (name: string, syncTime?: SyncTime) => {
  const told = commit(() => story.push(name), syncTime)
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
  ask('a', 'soon')
  await turn()
  expect(story).toEqual(['a', 'commit', 'a told'])
  expect(disk).toHaveLength(0)
  while (disk.length === 0) await turn()
  ask('b', 'soon')
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
  ask('b', 'soon')
  await turn()
  disk[0]!.done()
  expect(await failing).toBe('Error: no')
  expect(story).toEqual(['a', 'commit', 'b', 'commit', 'b told', 'a told'])
})

test('after the disk has failed nothing is carried out or told any more: what it shows may be lost', async () => {
  ask('a')
  ask('b', 'soon')
  await turn()
  ask('c')
  disk[0]!.fail()
  await turn()
  expect(story.slice(-3)).toEqual(expect.arrayContaining(['b told', 'a refused', 'c refused']))
  ask('d')
  ask('e', 'soon')
  await turn()
  await turn()
  expect(story.slice(-2)).toEqual(['d refused', 'e refused'])
  expect(story).not.toContain('d')
  expect(disk).toHaveLength(1)
  expect(failures).toEqual(['Error: disk'])
})

/** A group commit whose timers fire when the test says so. */
function createManual() {
  const timers: { syncTime: SyncTime; fire: () => void }[] = []
  let syncs = 0
  const commitNow = createGroupCommit({
    transaction: work => work(),
    sync: async () => void syncs++,
    later: work => work(),
    delay: (fire, syncTime) => void timers.push({ syncTime, fire }),
  })
  return {
    write: (syncTime: SyncTime) => commitNow(() => {}, syncTime),
    pending: () => timers.map(({ syncTime }) => syncTime),
    async fire() {
      timers.shift()!.fire()
      await turn()
    },
    syncs: () => syncs,
  }
}

test('after the disk has failed it is not synced again, and the failure is told of once', async () => {
  ask('a', 'soon')
  await turn()
  ask('b')
  await turn()
  // Committed while the disk works: one that waits for the disk, and one that does not.
  ask('c')
  ask('d', 'soon')
  await turn()
  expect(story).toContain('d told')
  disk[0]!.fail()
  await vi.advanceTimersByTimeAsync(50)
  expect(story.filter(step => step.endsWith('refused'))).toEqual(['b refused', 'c refused'])
  expect([disk.length, failures]).toEqual([1, ['Error: disk']])
})

test('many writes that are to be synced soon need one timer and one sync', async () => {
  const { write, pending, fire, syncs } = createManual()
  for (let at = 0; at < 10; at++) await write('soon')
  expect(pending()).toEqual(['soon'])
  await fire()
  expect(syncs()).toBe(1)
  expect(pending()).toEqual([])
})

test('what is to be synced later is synced with what is to be synced soon', async () => {
  const { write, pending, fire, syncs } = createManual()
  await write('later')
  expect(pending()).toEqual(['later'])
  await write('soon')
  expect(pending()).toEqual(['later', 'soon'])
  await write('now')
  expect(syncs()).toBe(1)
  await fire()
  await fire()
  expect(syncs()).toBe(1)
  expect(pending()).toEqual([])
})

test('what is to be synced later is synced on its own if nothing else is, and the time of an earlier one does not count for it', async () => {
  const { write, pending, fire, syncs } = createManual()
  await write('later')
  await write('now')
  expect(syncs()).toBe(1)
  await write('later')
  // The timer of the first one, which is on the disk.
  await fire()
  expect(syncs()).toBe(1)
  expect(pending()).toEqual(['later'])
  await fire()
  expect(syncs()).toBe(2)
  expect(pending()).toEqual([])
})

test('what is committed during a sync is synced afterwards', async () => {
  const { write, pending, fire, syncs } = createManual()
  const written = write('now')
  await write('later')
  await written
  await turn()
  expect(syncs()).toBe(1)
  expect(pending()).toEqual(['later'])
  await fire()
  expect(syncs()).toBe(2)
})
