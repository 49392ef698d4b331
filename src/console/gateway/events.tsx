import { useEffect, useState } from 'preact/hooks'
import type { EventSummary } from '../../gateway/admin/event-summary.ts'
import type { ListedDelivery } from '../../gateway/store/delivery/row.ts'
import { currentPath } from '../location.ts'
import { useStore } from '../store.ts'
import { indentJson } from '../timeline/indent.ts'
import { ConfirmedButton, Outcome, ReadProblem } from './action.tsx'
import { Delivery } from './delivery.tsx'
import { timeOf } from './format.ts'
import { framed } from './frame.tsx'
import { merchantPath, searchedNumber, selectedMchid } from './merchant.ts'
import { ListEnd } from './older.tsx'
import { toGatewayError } from './refusal.ts'
import { type GatewayError, request } from './session.ts'
import { useGatewayActions } from './use-action.ts'
import { useList } from './use-list.ts'
import { useRead } from './use-read.ts'
import { useGatewayWords } from './words.ts'

/** The address of an event: `#/events/1900000109/12`. */
const EVENT_PATH = /^\/events\/(\d+)\/(\d+)$/

/** Events, the newest first, as they arrive; one of them with its deliveries and its text. */
export const EventsView = framed(() => {
  const [, mchid, seq] = EVENT_PATH.exec(useStore(currentPath)) ?? []
  useEffect(() => {
    if (mchid !== undefined) selectedMchid.set(mchid)
  }, [mchid])
  return seq === undefined ? <EventList /> : <EventDetail key={`${mchid} ${seq}`} mchid={mchid!} seq={seq} />
})

function EventList() {
  const words = useGatewayWords()
  const mchid = useStore(selectedMchid)
  const number = useStore(searchedNumber)
  const [text, setText] = useState(number)
  const query = number === '' ? '' : `?number=${encodeURIComponent(number)}`
  const list = useList<EventSummary>(
    mchid === undefined ? undefined : merchantPath(mchid, `/events${query}`),
    'events',
    ({ seq }) => seq,
  )
  const search = (value: string): void => {
    searchedNumber.set(value.trim())
    setText(value.trim())
  }
  return (
    <>
      <form
        class="search"
        onSubmit={event => {
          event.preventDefault()
          search(text)
        }}
      >
        <input
          type="search"
          aria-label={words.number}
          placeholder={words.number}
          value={text}
          autocomplete="off"
          spellcheck={false}
          maxLength={128}
          onInput={event => setText(event.currentTarget.value)}
        />
        <button type="submit">{words.search}</button>
        {number !== '' && (
          <button type="button" onClick={() => search('')}>
            {words.clear}
          </button>
        )}
      </form>
      <ReadProblem problem={list.problem} />
      {!list.rows && mchid !== undefined && list.problem === undefined && <p class="dim">{words.loading}</p>}
      {list.rows?.length === 0 && <p class="dim">{number === '' ? words.noEvents : words.noMatch(number)}</p>}
      {list.rows && list.rows.length > 0 && <EventRows rows={list.rows} />}
      <ListEnd list={list} />
    </>
  )
}

function EventRows({ rows }: { rows: readonly EventSummary[] }) {
  const words = useGatewayWords()
  return (
    <ul class="items">
      {rows.map(row => (
        <li key={row.seq}>
          <span class="description">
            <a href={`#/events/${row.mchid}/${row.seq}`}>{row.event}</a>{' '}
            <span class="number dim">{Object.values(row.numbers).join(' ')}</span>
          </span>
          {row.source === 'query' && <span class="dim">{words.sources.query}</span>}
          {row.repeats > 0 && <span class="dim">{words.repeats(row.repeats)}</span>}
          <time class="dim" dateTime={new Date(row.received_at).toISOString()}>
            {timeOf(row.received_at)}
          </time>
        </li>
      ))}
    </ul>
  )
}

interface EventDetailResponse extends EventSummary {
  readonly deliveries: readonly ListedDelivery[]
}

function EventDetail({ mchid, seq }: { mchid: string; seq: string }) {
  const words = useGatewayWords()
  const path = merchantPath(mchid, `/events/${seq}`)
  const { value, problem, reload } = useRead<EventDetailResponse>(path)
  const actions = useGatewayActions(reload)
  return (
    <article>
      <div class="detail-bar">
        <h2>{value?.event ?? `${words.event} ${seq}`}</h2>
        <a class="button" href="#/events">
          {words.close}
        </a>
      </div>
      <ReadProblem problem={problem} />
      {!value && problem === undefined && <p class="dim">{words.loading}</p>}
      {value && (
        <>
          <EventFacts event={value} />
          <h3>{words.deliveries}</h3>
          <Outcome actions={actions} />
          {value.deliveries.length === 0 && <p class="dim">{words.none}</p>}
          {value.deliveries.length > 0 && (
            <ul class="items">
              {value.deliveries.map(row => (
                <Delivery key={row.id} row={row} actions={actions} />
              ))}
            </ul>
          )}
          <div class="buttons">
            <ConfirmedButton
              label={words.resend}
              question={words.resendQuestion}
              actions={actions}
              onConfirm={() =>
                actions.run<{ deliveries: readonly number[] }>(`${path}/resend`, ({ deliveries }) =>
                  deliveries.length === 0 ? words.noEndpoint : words.sent(deliveries.length),
                )
              }
            />
          </div>
          <Message path={`${path}/message`} />
        </>
      )}
    </article>
  )
}

function EventFacts({ event }: { event: EventSummary }) {
  const words = useGatewayWords()
  return (
    <>
      <p class="facts">
        <span>
          {timeOf(event.received_at)} <span class="dim">{words.received}</span>
        </span>
        <span>
          {timeOf(event.created_at)} <span class="dim">{words.created}</span>
        </span>
        <span>{words.sources[event.source]}</span>
        {event.repeats > 0 && <span>{words.repeats(event.repeats)}</span>}
        <span class="number dim">{event.webhook_id}</span>
      </p>
      <h3>{words.numbers}</h3>
      <table>
        <tbody>
          {Object.entries(event.numbers).map(([name, text]) => (
            <tr key={name}>
              <th scope="row">{name}</th>
              <td>{text}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  )
}

/** The text of the message, with the numbers as they were recorded, which `JSON.parse` would round. */
function Message({ path }: { path: string }) {
  const words = useGatewayWords()
  const [text, setText] = useState<string>()
  const [problem, setProblem] = useState<GatewayError>()
  const read = (): void => {
    if (text !== undefined) return
    request('GET', path)
      .then(async response => {
        setText(await response.text())
        setProblem(undefined)
      })
      .catch(error => setProblem(toGatewayError(error)))
  }
  return (
    <details class="block" onToggle={event => event.currentTarget.open && read()}>
      <summary>{words.message}</summary>
      {text !== undefined && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <pre tabIndex={0}>{indentJson(text) ?? text}</pre>
      )}
      <ReadProblem problem={problem} />
    </details>
  )
}
