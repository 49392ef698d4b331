import { select } from '../location.ts'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { useWords, type Words } from '../words.ts'
import { sentenceOf } from './action-sentence.ts'
import type { KeyedEntry } from './entries.ts'

interface RowProps {
  readonly entry: KeyedEntry
  readonly isSelected: boolean
  readonly position: number
  readonly count: number
  readonly top: number
}

/** A row of the list. Everything in it is text: it comes from whoever sent the request. */
export function Row({ entry, isSelected, position, count, top }: RowProps) {
  const words = useWords()
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list box handles the keys for its options
    <div
      id={`row-${entry.key}`}
      class={`row ${entry.kind}`}
      role="option"
      tabIndex={-1}
      aria-selected={isSelected}
      aria-posinset={position + 1}
      aria-setsize={count}
      style={{ transform: `translateY(${top}px)` }}
      onClick={() => select(entry.key)}
    >
      <Clock at={entry.at} />
      <Content entry={entry} words={words} />
    </div>
  )
}

function Content({ entry, words }: { entry: KeyedEntry; words: Words }) {
  const lang = useStore(language)
  switch (entry.kind) {
    case 'request': {
      const [path = '', query] = entry.url.split(/\?(.*)/s)
      return (
        <>
          <span class="method">{entry.method}</span>
          <span class="path" title={entry.url}>
            {path}
            {query && <span class="query">?{query}</span>}
          </span>
          <Status status={entry.status} words={words} code={entry.code} />
          <span class={`signature ${entry.signature}`}>{words.signatures[entry.signature]}</span>
          <Numbers entry={entry} extra={entry.faults} />
        </>
      )
    }
    case 'notification':
      return (
        <>
          <span class="method" title={words.sent}>
            → {entry.api}
          </span>
          <span class="path" title={entry.url}>
            {entry.event}
            <span class="query"> {entry.url}</span>
          </span>
          <Status status={entry.status ?? 0} words={words} code={undefined} />
          <span class={`signature state-${entry.state}`}>{entry.variant ?? words.states[entry.state]}</span>
          <Numbers entry={entry} extra={entry.error === undefined ? undefined : [entry.error]} />
        </>
      )
    case 'action':
      return (
        <>
          <span class="method">●</span>
          <span class="path">{sentenceOf(entry.name, entry.parameters, lang)}</span>
          <span class="status" />
          <span class="signature">{entry.changed > 0 && words.changed(entry.changed)}</span>
          <Numbers entry={entry} extra={undefined} />
        </>
      )
    case 'restart':
      return (
        <>
          <span class="method">●</span>
          <span class="path">{words.restarted}</span>
        </>
      )
  }
}

function Status({ status, code, words }: { status: number; code: string | undefined; words: Words }) {
  if (status === 0) return <span class="status error">{words.noResponse}</span>
  return (
    <span class={`status ${status < 400 ? 'success' : 'error'}`}>
      {status} {code === String(status) ? '' : code}
    </span>
  )
}

const Numbers = ({ entry, extra = [] }: { entry: KeyedEntry; extra: readonly string[] | undefined }) => (
  <span class="numbers">{[...extra, ...entry.numbers].join('  ')}</span>
)

/** Shows a time of day. */
function Clock({ at }: { at: number }) {
  const time = new Date(at)
  const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0')
  return (
    <time class="time">
      {`${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`}
      <span class="milliseconds">.{pad(time.getMilliseconds(), 3)}</span>
    </time>
  )
}
