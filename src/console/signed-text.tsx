import { bytesOf, differenceOf } from './difference.ts'
import type { Words } from './words.ts'

/** Shows where the text that should have been signed differs from the one that was. */
export function SignedComparison({ expected, signed, words }: { expected: string; signed: string; words: Words }) {
  const difference = differenceOf(expected, signed)
  const bytes = (text: string): string => bytesOf(text) || words.nothing
  return (
    <>
      <p>
        {words.differsAt(difference.byte)}{' '}
        <span class="number">{words.instead(bytes(difference.expected), bytes(difference.signed))}</span>
      </p>
      <h4>{words.expected}</h4>
      <SignedLines {...difference} text={difference.expected} />
      <h4>{words.actual}</h4>
      <SignedLines {...difference} text={difference.signed} />
    </>
  )
}

interface SignedLinesProps {
  /** The part to mark, if there is something before or after it; otherwise the whole text. */
  readonly text: string
  readonly start?: string
  readonly end?: string
}

/** Shows a text with its line breaks visible. */
export function SignedLines({ text, start, end }: SignedLinesProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
    <pre class="signed" tabIndex={0}>
      {start === undefined ? (
        visible(text)
      ) : (
        <>
          {visible(start)}
          <mark>{visible(text) || '∅'}</mark>
          {visible(end ?? '')}
        </>
      )}
    </pre>
  )
}

/** Makes line breaks and tabs visible. */
export const visible = (text: string): string =>
  text.replaceAll('\r', '␍').replaceAll('\t', '␉').replaceAll('\n', '⏎\n')
