import { dirname } from 'node:path'
import { CommandError } from '../command.ts'
import { makeFolder, readIfThere, replaceFile } from '../file.ts'

/** Milliseconds from a change to its being written. */
const DELAY = 200
/** Of the time, at most: a big state takes long to write down, and meanwhile nothing else happens. */
const SHARE = 0.1

/** What is to be kept. */
export interface Remembering {
  /** JSON, to go on from. */
  snapshot(): string
  /** Grows with whatever changes that. */
  readonly changes: number
}

/** A file that what the simulator remembers is kept in. */
export interface StateFile {
  /** Writes what is not written yet, and no more from then on. */
  close(): Promise<void>
}

/**
 * Reads what an earlier run has left.
 *
 * @returns undefined when there was none
 * @throws {CommandError} unreadable, or not the simulator's
 */
export async function readState(file: string): Promise<string | undefined> {
  const text = (await readIfThere(file))?.toString()
  if (text === undefined || isObject(text)) return text
  throw new CommandError(`${file} is not a state of the simulator's. Give another --state, or remove it.`)
}

function isObject(text: string): boolean {
  try {
    const value = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}

/**
 * Keeps a state file up to date.
 *
 * @param failed is told each time that it cannot be written
 * @throws {CommandError} it cannot be written from the start
 */
export async function keepState(
  file: string,
  remembering: Remembering,
  failed: (error: Error) => void,
): Promise<StateFile> {
  let written: number | undefined
  let writing = Promise.resolve()
  const write = async (): Promise<number> => {
    const start = performance.now()
    const { changes } = remembering
    if (changes !== written) await replaceFile(file, remembering.snapshot())
    written = changes
    return performance.now() - start
  }
  const look = (wait: number): NodeJS.Timeout =>
    setTimeout(() => {
      let next = DELAY
      writing = write()
        .then(took => {
          next = Math.max(DELAY, took / SHARE)
        }, failed)
        .then(() => {
          if (!closed) timer = look(next)
        })
    }, wait)
  let closed = false
  await makeFolder(dirname(file))
  await write()
  let timer = look(DELAY)
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await writing
      await write()
    },
  }
}
