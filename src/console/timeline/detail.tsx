import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { ShownChange, ShownMessage, TimelineDetail } from '../../simulator/timeline/detail.ts'
import { ApiError, callApi } from '../api.ts'
import { labelled } from '../labelled.ts'
import { refusalOf } from '../refusal.ts'
import { type Language, language } from '../settings.ts'
import { useStore } from '../store.ts'
import { useWords, type Words } from '../words.ts'
import { sentenceOf } from './action-sentence.ts'
import { indentJson } from './indent.ts'
import { SignatureSection } from './signature-section.tsx'

type Loaded = { readonly detail: TimelineDetail } | { readonly error: unknown; readonly isGone: boolean }

/** Shows everything about an entry. */
export function Detail({ id, onClose }: { id: string; onClose: () => void }) {
  const words = useWords()
  const lang = useStore(language)
  const [loaded, setLoaded] = useState<Loaded>()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    let isCurrent = true
    load(id).then(result => isCurrent && setLoaded(result))
    return () => {
      isCurrent = false
    }
  }, [id])
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') onClose()
  }
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: Escape closes it, as the button does
    <div class="detail" onKeyDown={onKeyDown}>
      <div class="detail-bar">
        <h2 ref={heading} tabIndex={-1}>
          {loaded && 'detail' in loaded ? titleOf(loaded.detail, lang) : words.loading}
        </h2>
        <button type="button" class="close" onClick={onClose}>
          {words.close}
        </button>
      </div>
      {loaded &&
        ('detail' in loaded ? <Sections detail={loaded.detail} words={words} /> : <Failure failure={loaded} />)}
    </div>
  )
}

/** Loads the details. An entry of a simulator that has ended since is gone. */
async function load(key: string): Promise<Loaded> {
  const [timeline, id] = key.split('-')
  try {
    const detail = await callApi<TimelineDetail>('GET', `/timeline/${id}?of=${timeline}`)
    return { detail }
  } catch (error) {
    const isGone = error instanceof ApiError && error.status === 404
    return { error, isGone }
  }
}

function Failure({ failure: { error, isGone } }: { failure: { readonly error: unknown; readonly isGone: boolean } }) {
  const words = useWords()
  const { text, lang } = refusalOf(error, useStore(language), words.noServer)
  return (
    <p role="alert" class="nothing">
      {isGone ? words.gone : words.failed} {!isGone && <span lang={lang}>{text}</span>}
    </p>
  )
}

function titleOf({ entry }: TimelineDetail, lang: Language): string {
  if (entry.kind === 'request') return `${entry.method} ${entry.url.split('?')[0]}`
  if (entry.kind === 'notification') return entry.event
  return sentenceOf(entry.name, entry.parameters, lang)
}

function Sections({ detail, words }: { detail: TimelineDetail; words: Words }) {
  const { entry, request, response, resource, attempt, notification, parameters, changes } = detail
  const isRequest = entry.kind === 'request'
  return (
    <>
      <p class="facts">
        <time dateTime={new Date(entry.at).toISOString()}>{new Date(entry.at).toLocaleString()}</time>
        {entry.kind !== 'action' && (
          <span class={`status ${entry.status && entry.status < 400 ? 'success' : 'error'}`}>
            {entry.status || words.noResponse} {isRequest && entry.code !== String(entry.status) && entry.code}
          </span>
        )}
        {isRequest && entry.faults && (
          <span class="status error">{labelled(words.faults, entry.faults.join(', '))}</span>
        )}
        {attempt?.error && <span class="status error">{attempt.error}</span>}
        {notification && <span>{words.states[notification.state]}</span>}
        {attempt?.variant && <span class="status error">{attempt.variant}</span>}
      </p>
      {isRequest && entry.url.includes('?') && <p class="url">{entry.url}</p>}
      {entry.kind === 'notification' && <p class="url">{entry.url}</p>}
      <SignatureSection detail={detail} words={words} />
      {response && (
        <Message
          title={isRequest ? words.response : words.merchantResponse}
          message={response}
          words={words}
          none={words.noBody}
        />
      )}
      {changes.length > 0 ? (
        <Section title={words.changes}>
          <Changes changes={changes} words={words} />
        </Section>
      ) : (
        isRequest && (
          <Section title={words.changes}>
            <p class="dim">{words.noChanges}</p>
          </Section>
        )
      )}
      {parameters && <Body title={words.parameters} text={JSON.stringify(parameters)} words={words} />}
      {resource !== undefined && (
        <Body
          title={words.resource}
          text={typeof resource === 'string' ? resource : JSON.stringify(resource)}
          words={words}
        />
      )}
      {request && (
        <Message title={isRequest ? words.request : words.sent} message={request} words={words} none={words.notRead} />
      )}
      {notification && notification.attempts.length > 1 && (
        <Section title={words.attempts}>
          <ol class="attempts">
            {notification.attempts.map(({ at, status, error, variant }, number) => (
              // Attempts are only added, and share their time under a frozen clock.
              <li key={number}>
                {new Date(at).toLocaleString()} {status} {error} {variant}
              </li>
            ))}
          </ol>
        </Section>
      )}
    </>
  )
}

export function Section({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="block">
      <h3>{title}</h3>
      {children}
    </section>
  )
}

interface MessageProps {
  readonly title: string
  readonly message: ShownMessage
  readonly words: Words
  /** Said where there is no body. */
  readonly none: string
}

function Message({ title, message, words, none }: MessageProps) {
  const headers = Object.entries(message.headers)
  return (
    <>
      <Body
        title={labelled(title, words.body)}
        text={message.body}
        none={none}
        note={message.cutFrom === undefined ? undefined : words.cut(message.cutFrom)}
        words={words}
      />
      {headers.length > 0 && (
        <details class="block">
          <summary>
            {labelled(title, words.headers)} ({headers.length})
          </summary>
          <table>
            <thead class="hidden">
              <tr>
                <th>{words.name}</th>
                <th>{words.value}</th>
              </tr>
            </thead>
            <tbody>
              {headers.map(([name, value]) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td>{value}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </details>
      )}
    </>
  )
}

interface BodyProps {
  readonly title: string
  readonly text: string | undefined
  readonly words: Words
  readonly none?: string
  readonly note?: string | undefined
}

/** Shows a text as it was sent, or indented if it is JSON. */
function Body({ title, text, words, none, note }: BodyProps) {
  const [isIndented, setIndented] = useState(true)
  const indented = text === undefined ? undefined : indentJson(text)
  return (
    <section class="block">
      <div class="block-bar">
        <h3>{title}</h3>
        {indented !== undefined && (
          <button type="button" aria-pressed={!isIndented} onClick={() => setIndented(!isIndented)}>
            {isIndented ? words.asReceived : words.format}
          </button>
        )}
      </div>
      {text ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the keyboard must be able to scroll it
        <pre tabIndex={0}>{isIndented ? (indented ?? text) : text}</pre>
      ) : (
        <p class="dim">{none ?? words.noBody}</p>
      )}
      {note && <p class="dim">{note}</p>}
    </section>
  )
}

function Changes({ changes, words }: { changes: readonly ShownChange[]; words: Words }) {
  const label = { created: words.created, changed: words.changedWord, deleted: words.deleted }
  return (
    <>
      {changes.map(({ record, key, change, fields }) => (
        <div key={`${record} ${key}`} class="change">
          <h4>
            {record} <span class="number">{key}</span> {label[change]}
          </h4>
          <table>
            <thead>
              <tr>
                <th scope="col">{words.field}</th>
                {change !== 'created' && <th scope="col">{words.before}</th>}
                {change !== 'deleted' && <th scope="col">{words.after}</th>}
              </tr>
            </thead>
            <tbody>
              {fields.map(({ name, before, after }) => (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  {change !== 'created' && <td>{shown(before)}</td>}
                  {change !== 'deleted' && <td>{shown(after)}</td>}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ))}
    </>
  )
}

const shown = (value: unknown): string =>
  value === undefined ? '–' : typeof value === 'string' ? value : JSON.stringify(value)
