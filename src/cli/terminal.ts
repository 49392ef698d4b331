/** The output of a command, and the signals that end it. */
export interface Terminal {
  readonly print: (line: string) => void
  readonly warn: (line: string) => void
  /** Fires on Ctrl-C, or when the process is asked to end. */
  readonly stopped: AbortSignal
  /** Fires when the reader of the output has gone. */
  readonly unread?: AbortSignal
}

/** Controls of a terminal (C0, DEL, C1), and those that change the order in which text is shown (Unicode, UAX #9). */
const CONTROLS = /[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g
/** Those that may be in a text of `JSON.stringify`, which escapes some itself and uses line breaks between values. */
const CONTROLS_IN_JSON = /[\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g

const hexOf = (character: string, digits: number): string => character.charCodeAt(0).toString(16).padStart(digits, '0')

/** Returns text on one line without control characters, because parts of it may come from another party. */
export const singleLine = (text: string): string =>
  text
    .replace(/\s*[\r\n]+\s*/g, ' ')
    .replace(CONTROLS, control => (control < '\u0100' ? `\\x${hexOf(control, 2)}` : `\\u${hexOf(control, 4)}`))

/** Escapes in a text of JSON the controls that `JSON.stringify` leaves, because parts of it may come from another party. */
export const escapeControls = (json: string): string =>
  json.replace(CONTROLS_IN_JSON, control => `\\u${hexOf(control, 4)}`)

/**
 * Returns a value as JSON for a terminal: without control characters, because parts of it may come from another party. A reader of JSON
 * gets the same value.
 *
 * @param indent spaces per level; otherwise on one line
 */
export const jsonText = (value: unknown, indent?: number): string =>
  escapeControls(String(JSON.stringify(value, undefined, indent)))

const MAX_EXCERPT = 200

/** Returns the beginning of a text of another party on one line; undefined if it is empty. */
export function excerptOf(text: string): string | undefined {
  const shown = [...singleLine(text.trim())]
  const cut = shown.length > MAX_EXCERPT ? `${shown.slice(0, MAX_EXCERPT).join('')}…` : shown.join('')
  return cut === '' ? undefined : cut
}
