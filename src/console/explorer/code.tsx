import { useState } from 'preact/hooks'
import { labelled } from '../labelled.ts'
import { visible } from '../signed-text.tsx'
import { useExplorerWords } from './words.ts'

/** Longer text would make the page slow. */
const MAX_CHARACTERS = 200_000

interface CodeProps {
  readonly title?: string
  readonly text: string
  /** Whether line breaks are shown as signs, because they are signed. */
  readonly isSigned?: boolean
}

/** A text as it is, with a button to copy it. */
export function Code({ title, text, isSigned = false }: CodeProps) {
  const words = useExplorerWords()
  const [isCopied, setCopied] = useState(false)
  const shown = text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
  const copy = (): void => {
    navigator.clipboard?.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    )
  }
  return (
    <section class="code" aria-label={title}>
      <div class="block-bar">
        {title && <h4>{title}</h4>}
        <button type="button" aria-label={title ? labelled(words.copy, title) : words.copy} onClick={copy}>
          {isCopied ? words.copied : words.copy}
        </button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it */}
      <pre tabIndex={0}>{isSigned ? visible(shown) : shown}</pre>
    </section>
  )
}
