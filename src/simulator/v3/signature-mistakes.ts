import { BODY_MISTAKES } from './body-mistakes.ts'

/** Parts of the text that a request of APIv3 signs. */
export interface SignedParts {
  readonly method: string
  /** Path and query. */
  readonly target: string
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}

const join = (...lines: readonly string[]): string => lines.map(line => `${line}\n`).join('')

/** Returns the text that a request must sign: five lines, each with a line break. */
export const signedTextOf = ({ method, target, timestamp, nonce, body }: SignedParts): string =>
  join(method, target, timestamp, nonce, body)

/** A mistake that programs make when they build a signed text, and its cure. */
export interface Mistake<Build> {
  /** Name, which stays the same while the sentences may change. */
  readonly name: string
  /** Builds the text as a program with the mistake does. */
  readonly build: Build
  readonly what: string
  readonly cure: string
}

type SignedTextMistake = Mistake<(parts: SignedParts, origin: string) => string>

const TEXT_MISTAKES: readonly SignedTextMistake[] = [
  {
    name: 'last-line-break',
    build: parts => signedTextOf(parts).slice(0, -1),
    what: 'the last line break is missing',
    cure: 'End every line with \\n, the last one too',
  },
  {
    name: 'body-line',
    build: ({ method, target, timestamp, nonce }) => join(method, target, timestamp, nonce),
    what: 'the body is missing, and its line with it',
    cure: 'Sign the body as sent; without a body, sign an empty line',
  },
  {
    name: 'body',
    build: parts => signedTextOf({ ...parts, body: '' }),
    what: 'the body is not in the signed text',
    cure: 'Sign the body as sent',
  },
  {
    name: 'query',
    build: parts => signedTextOf({ ...parts, target: parts.target.split('?')[0]! }),
    what: 'the query is not in the signed text',
    cure: 'Sign the path with its query: /v3/…?mchid=…',
  },
  {
    name: 'whole-url',
    build: (parts, origin) => signedTextOf({ ...parts, target: origin + parts.target }),
    what: 'the whole URL was signed',
    cure: 'Sign path and query only, without scheme and host',
  },
  {
    name: 'percent-encoding',
    build: parts => signedTextOf({ ...parts, target: decodeSafely(parts.target) }),
    what: 'the URL was signed before it was percent-encoded',
    cure: 'Sign path and query as they are sent',
  },
  {
    name: 'method-case',
    build: parts => signedTextOf({ ...parts, method: parts.method.toLowerCase() }),
    what: 'the method is in lower case',
    cure: 'Sign it in capitals',
  },
  {
    name: 'carriage-returns',
    build: parts => signedTextOf(parts).replaceAll('\n', '\r\n'),
    what: 'the lines end with \\r\\n',
    cure: 'End every line with \\n',
  },
  {
    name: 'escaped-line-breaks',
    build: parts => signedTextOf(parts).replaceAll('\n', '\\n'),
    what: 'the lines end with a backslash and an n',
    cure: 'End every line with the character U+000A',
  },
]

/** A text that a program with a mistake signs. */
export interface MistakenText {
  readonly text: string
  /** Path and query that the program should have signed. */
  readonly target: string
  readonly mistake: Omit<Mistake<never>, 'build'>
}

/**
 * Yields the texts that programs with a usual mistake sign.
 *
 * @param targets path and query, in each of the ways that are accepted
 */
export function* mistakenTexts(
  parts: Omit<SignedParts, 'target'>,
  targets: readonly string[],
  origin: string,
): Generator<MistakenText, undefined> {
  for (const { build, ...mistake } of TEXT_MISTAKES)
    for (const target of targets) yield { text: build({ ...parts, target }, origin), target, mistake }
  for (const { bodies, ...mistake } of BODY_MISTAKES)
    for (const body of bodies(parts.body))
      for (const target of targets) yield { text: signedTextOf({ ...parts, target, body }), target, mistake }
}

/** The names of all mistakes. */
export const MISTAKE_NAMES: readonly string[] = [...TEXT_MISTAKES, ...BODY_MISTAKES].map(({ name }) => name)

const decodeSafely = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
