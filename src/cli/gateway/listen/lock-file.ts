import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import process from 'node:process'
import { CommandError } from '../../command.ts'

/** A lock that this process holds. */
export interface FileLock {
  release(): void
}

/** A process that has a lock. */
interface Owner {
  readonly id: number
  /** Tells the process from an earlier one with its id; undefined where the system does not say. */
  readonly started: string | undefined
}

/**
 * Locks a file for this process, by another file beside it. The lock of a process that has ended is taken over, also if another program
 * has its id by now, where the system tells when a program started (Linux).
 *
 * @throws {CommandError} a running process has it, or the folder cannot be written
 */
export function lockFile(file: string): FileLock {
  const path = `${file}.lock`
  for (let attempt = 0; ; attempt++) {
    try {
      writeFileSync(path, [process.pid, startOf(process.pid) ?? []].flat().join(' '), { flag: 'wx', mode: 0o600 })
      return { release: () => rmSync(path, { force: true }) }
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException
      if (code !== 'EEXIST')
        throw new CommandError(`--state: ${path} cannot be written (${message}). Give another file.`)
      const owner = readOwner(path)
      if (attempt > 0 || isOther(owner))
        throw new CommandError(
          `--state: ${file} is in use by the listener with process id ${owner.id}. End it, or give another file; if that process is no listener, or there is none, remove ${path}.`,
        )
      rmSync(path, { force: true })
    }
  }
}

function readOwner(path: string): Owner {
  const [id, started] = readFileSync(path, 'utf8').split(' ')
  return { id: Number(id), started }
}

/** Returns whether a process other than this one is the owner. In a container, the id of an ended process may be this one's. */
function isOther({ id, started }: Owner): boolean {
  if (!Number.isInteger(id) || id <= 0 || id === process.pid) return false
  const running = startOf(id)
  if (started !== undefined && running !== undefined && started !== running) return false
  try {
    process.kill(id, 0)
    return true
  } catch (error) {
    // EPERM: another user's process.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/**
 * Reads when a process started, in ticks since the system did; undefined if the system does not say, or there is no such process.
 *
 * @see https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html
 */
function startOf(id: number): string | undefined {
  try {
    // The second field is the name in parentheses, which may contain spaces; the 22nd is the time.
    return readFileSync(`/proc/${id}/stat`, 'utf8').split(') ').at(-1)!.split(' ')[19]
  } catch {
    return undefined
  }
}
