/** The output of a command, and the signals that end it. */
export interface Terminal {
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
  /** Fires on Ctrl-C, or when the process is asked to end. */
  readonly stopped: AbortSignal
  /** Fires when the reader of the output has gone. */
  readonly unread?: AbortSignal
}

/** Returns text on one line without terminal control characters, because parts of it may come from another party. */
export const singleLine = (text: string): string =>
  text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(/[\x00-\x1f\x7f-\x9f]/g, character => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`)
