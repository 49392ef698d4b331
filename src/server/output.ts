import process from 'node:process'

/** The standard output of a process, line by line. */
export interface Output {
  /** Writes a line; drops it where nobody reads the output any more. */
  readonly print: (line: string) => void
  /** Aborts when nobody reads the output any more. */
  readonly unread: AbortSignal
}

/** Opens the standard output so that a reader that goes away, as in `… | head`, does not end the process. */
export function createOutput(): Output {
  const unread = new AbortController()
  process.stdout.on('error', () => unread.abort())
  return {
    print: line => void (unread.signal.aborted || process.stdout.write(`${line}\n`)),
    unread: unread.signal,
  }
}
