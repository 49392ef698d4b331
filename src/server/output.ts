/** The standard output of a process, line by line. */
export interface Output {
  /** Writes a line, or drops it after the reader has closed the output. */
  readonly print: (line: string) => void
  /** Aborts when the reader has closed the output. */
  readonly unread: AbortSignal
}

/** Opens the standard output in such a way that a reader which closes it, as in `… | head`, does not end the process. */
export function createOutput(): Output {
  const unread = new AbortController()
  process.stdout.on('error', () => unread.abort())
  return {
    print: line => void (unread.signal.aborted || process.stdout.write(`${line}\n`)),
    unread: unread.signal,
  }
}
