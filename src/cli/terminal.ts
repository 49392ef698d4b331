/** The output of a command, and the signals that end it. */
export interface Terminal {
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
  /** Ctrl-C, or the process is asked to end. */
  readonly stopped: AbortSignal
  /** Nobody reads any more what is printed. */
  readonly unread?: AbortSignal
}

/** A text on one line, and without what steers a terminal: much of what is shown was written by somebody else. */
export const plain = (text: string): string =>
  text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
