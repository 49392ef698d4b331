import { useEffect, useRef } from 'preact/hooks'
import { labelled } from '../labelled.ts'
import type { ApiDefinition, DefinitionIndex, IndexedEntry } from './definition.ts'
import { EndpointSections } from './endpoint-sections.tsx'
import { loadApi } from './load.ts'
import { NotLoaded } from './not-loaded.tsx'
import { NotificationSections } from './notification-sections.tsx'
import { useLoaded } from './use-loaded.ts'
import { type ExplorerWords, useExplorerWords } from './words.ts'

/** The page of an endpoint or a notification. */
export function EntryPage({ entry, index }: { entry: IndexedEntry; index: DefinitionIndex }) {
  const words = useExplorerWords()
  const { title, api } = index.products[entry.product]!
  const loaded = useLoaded(() => loadApi(api), api)
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    // Somebody who moves through the results with the arrow keys keeps the focus there.
    if (!document.activeElement?.closest('.search-pane')) heading.current?.focus()
    heading.current?.scrollIntoView({ block: 'end' })
  }, [])
  return (
    <article class="entry-page">
      <p class="to-search">
        <a href="#/explorer">← {words.toSearch}</a>
      </p>
      <h2 ref={heading} tabIndex={-1} lang="zh-CN">
        {entry.title}
      </h2>
      <p class="name">
        <span class={`verb ${entry.method ?? 'event'}`}>{entry.method ?? words.notification}</span> {entry.name}
      </p>
      <p class="dim">
        {labelled(words.product)}
        <span lang="zh-CN">{title}</span> ({words.apis[api]})
      </p>
      {loaded.state === 'loaded' ? (
        <Sections entry={entry} definition={loaded.value} index={index} words={words} />
      ) : (
        <NotLoaded loaded={loaded} words={words} />
      )}
    </article>
  )
}

interface SectionsProps {
  readonly entry: IndexedEntry
  readonly definition: ApiDefinition
  readonly index: DefinitionIndex
  readonly words: ExplorerWords
}

function Sections({ entry, definition, index, words }: SectionsProps) {
  const notification = definition.notifications.find(({ name }) => entry.method === undefined && name === entry.name)
  if (notification) return <NotificationSections notification={notification} tables={definition} />
  const endpoint = definition.endpoints.find(({ method, name }) => method === entry.method && name === entry.name)
  // The package was replaced by another version after the index had been loaded.
  if (!endpoint) return <p role="alert">{words.unknown(entry.name)}</p>
  return <EndpointSections endpoint={endpoint} tables={definition} commonErrors={index.commonErrors} />
}
