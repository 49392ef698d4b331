import type { Loaded } from './use-loaded.ts'
import type { ExplorerWords } from './words.ts'

/** Says that definitions are being loaded, or why they could not be. */
export function NotLoaded({ loaded, words }: { loaded: Loaded<unknown>; words: ExplorerWords }) {
  if (loaded.state === 'loaded') return null
  if (loaded.state === 'loading') return <p class="nothing">{words.loading}</p>
  return (
    <p role="alert" class="problem">
      {words.notLoaded} {loaded.message}{' '}
      <button type="button" onClick={loaded.retry}>
        {words.again}
      </button>
    </p>
  )
}
