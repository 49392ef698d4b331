import { dirname } from 'node:path'
import { CommandError } from '../command.ts'
import { makeFolder, readFileIfExists, replaceFile } from '../file.ts'

/** Milliseconds from a change until it is written. */
const DELAY = 200
/** Maximum share of time spent on writing, because serializing a large state blocks everything else. */
const SHARE = 0.1

/** The state to save. */
export interface StateSource {
  /** Returns JSON to continue from. */
  snapshot(): string
  /** Increases with every change of the snapshot. */
  readonly changes: number
}

/** A file that holds the simulator's state. */
export interface StateFile {
  /** Writes the last changes, and stops. */
  close(): Promise<void>
}

/**
 * Reads the state of an earlier run.
 *
 * @returns undefined if there is none
 * @throws {CommandError} the file cannot be read, or is not a state of the simulator
 */
export async function readStateFile(file: string): Promise<string | undefined> {
  const text = (await readFileIfExists(file))?.toString()
  if (text === undefined || isObject(text)) return text
  throw new CommandError(`${file} is not a state of the simulator. Give another --state, or remove it.`)
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
 * @param onError receives the errors of later writes
 * @throws {CommandError} the first write fails
 */
export async function keepStateFile(
  file: string,
  source: StateSource,
  onError: (error: Error) => void,
): Promise<StateFile> {
  let written: number | undefined
  let writing = Promise.resolve()
  const write = async (): Promise<number> => {
    const start = performance.now()
    const { changes } = source
    if (changes !== written) await replaceFile(file, source.snapshot())
    written = changes
    return performance.now() - start
  }
  const schedule = (wait: number): NodeJS.Timeout =>
    setTimeout(() => {
      let next = DELAY
      writing = write()
        .then(took => {
          next = Math.max(DELAY, took / SHARE)
        }, onError)
        .then(() => {
          if (!closed) timer = schedule(next)
        })
    }, wait)
  let closed = false
  await makeFolder(dirname(file))
  await write()
  let timer = schedule(DELAY)
  return {
    async close() {
      closed = true
      clearTimeout(timer)
      await writing
      await write()
    },
  }
}
