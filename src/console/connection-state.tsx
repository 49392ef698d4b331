import { useStore } from './store.ts'
import { connection } from './timeline/entries.ts'
import { useWords } from './words.ts'

/** Says whether the page follows the simulator. A screen reader speaks each change. */
export function ConnectionState() {
  const state = useStore(connection)
  const words = useWords()
  const text = state === 'live' ? words.live : state === 'connecting' ? words.connecting : words.lostShort
  return (
    <span class={`connection ${state}`} role="status">
      {text}
      {state === 'lost' && <span class="banner">{words.lost}</span>}
    </span>
  )
}
