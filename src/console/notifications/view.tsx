import type { Notification } from '../../simulator/notification/notification.ts'
import { ClockNote } from '../clock/clock-note.tsx'
import { Item, type ItemAction, Items, Problem } from '../items.tsx'
import type { SimulatorStatus } from '../status.ts'
import { useActions, useLive } from '../use-action.ts'
import { useWords, type Words } from '../words.ts'

const TONES = { pending: 'open', delivered: 'good', 'given-up': 'bad' } as const

/** Notifications with their attempts; repeats them, forges them, and holds them back. */
export function NotificationsView() {
  const words = useWords()
  const [notifications, reload] = useLive<Notification[]>('/notifications?max=100')
  const [status, reloadStatus] = useLive<SimulatorStatus>('/status')
  const actions = useActions(() => {
    reload()
    reloadStatus()
  })
  return (
    <main class="view">
      <ClockNote />
      <Problem actions={actions} />
      <div class="buttons">
        <button
          type="button"
          role="switch"
          aria-checked={status?.holding ?? false}
          disabled={actions.isBusy || !status}
          onClick={() => actions.run('POST', status?.holding ? '/notifications/release' : '/notifications/hold')}
        >
          {words.hold}
        </button>
        <button
          type="button"
          disabled={actions.isBusy || !status?.holding}
          onClick={() => actions.run('POST', '/notifications/release', { order: 'reversed' })}
        >
          {words.releaseReversed}
        </button>
      </div>
      <Items title={words.notifications} none={words.noNotifications}>
        {notifications?.toReversed().map(notification => (
          <Item
            key={notification.id}
            number={notification.reference || notification.id}
            state={words.states[notification.state]}
            tone={TONES[notification.state]}
            description={
              <>
                {notification.event} <span class="number dim">{notification.url}</span>{' '}
                <time class="dim" dateTime={new Date(notification.created).toISOString()}>
                  {words.createdAt(new Date(notification.created).toLocaleString())}
                </time>
                <Attempts notification={notification} words={words} />
              </>
            }
            available={availableFor(notification, words)}
            actions={actions}
          />
        ))}
      </Items>
    </main>
  )
}

function Attempts({ notification: { attempts }, words }: { notification: Notification; words: Words }) {
  if (attempts.length === 0) return null
  return (
    <details>
      <summary>{words.attemptCount(attempts.length)}</summary>
      <ol class="attempts">
        {attempts.map(({ at, status, error, variant, responseBody }, index) => (
          <li key={`${at} ${index}`}>
            {new Date(at).toLocaleString()} {status ?? error} {variant && words.variants[variant]}{' '}
            <span class="dim">{responseBody}</span>
          </li>
        ))}
      </ol>
    </details>
  )
}

type Variant = keyof Words['variants']

/** APIv2 has neither timestamps nor probes. */
const variantsOf = (api: Notification['api']): readonly Variant[] =>
  api === 'v2' ? ['repeat', 'tampered'] : ['repeat', 'tampered', 'stale', 'probe']

const availableFor = ({ id, api }: Notification, words: Words): ItemAction[] =>
  variantsOf(api).map(variant => ({
    label: words.variants[variant],
    path: `/notifications/${encodeURIComponent(id)}/${variant}`,
  }))
