import { useStore } from '../store.ts'
import { findEntry } from './address.ts'
import { currentTarget } from './current-target.ts'
import type { DefinitionIndex } from './definition.ts'
import { EntryPage } from './entry-page.tsx'
import { loadIndex } from './load.ts'
import { NotLoaded } from './not-loaded.tsx'
import { SearchPane } from './search-pane.tsx'
import { UnknownEntry } from './unknown-entry.tsx'
import { useLoaded } from './use-loaded.ts'
import { useExplorerWords } from './words.ts'

/** The explorer: all endpoints and notifications, with a page for each. */
export function ExplorerView() {
  const words = useExplorerWords()
  const index = useLoaded(loadIndex, 'index')
  return (
    <main class="explorer-view">
      <link rel="stylesheet" href="explorer.css" />
      {index.state === 'loaded' ? (
        <Explorer index={index.value} />
      ) : (
        <div class="view">
          <NotLoaded loaded={index} words={words} />
        </div>
      )}
    </main>
  )
}

function Explorer({ index }: { index: DefinitionIndex }) {
  const words = useExplorerWords()
  const target = useStore(currentTarget)
  const entry = findEntry(target, index.entries)
  return (
    <div class={`explorer ${target.kind === 'search' ? '' : 'has-entry'}`}>
      <SearchPane index={index} entry={entry} />
      <section class="entry-pane">
        {entry && <EntryPage key={`${entry.method} ${entry.name}`} entry={entry} index={index} />}
        {!entry && target.kind === 'search' && <p class="nothing">{words.choose}</p>}
        {!entry && target.kind !== 'search' && <UnknownEntry target={target} index={index} />}
      </section>
    </div>
  )
}
