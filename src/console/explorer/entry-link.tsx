import { addressOf } from './address.ts'
import type { IndexedEntry } from './definition.ts'
import { useExplorerWords } from './words.ts'

interface EntryLinkProps {
  readonly entry: IndexedEntry
  readonly isCurrent?: boolean
  /** Fields that a query found. */
  readonly fields?: readonly string[]
}

/** A link to the page of an entry. */
export function EntryLink({ entry, isCurrent = false, fields = [] }: EntryLinkProps) {
  const words = useExplorerWords()
  return (
    <a class="entry" href={addressOf(entry)} aria-current={isCurrent ? 'page' : undefined}>
      <span class="title" lang="zh-CN">
        {entry.title}
        {entry.deprecated && <span class="tag">{words.deprecated}</span>}
      </span>
      <span class="name">
        <span class={`verb ${entry.method ?? 'event'}`}>{entry.method ?? words.notification}</span> {entry.name}
      </span>
      {fields.length > 0 && (
        <span class="matched" lang="zh-CN">
          {fields.join(' · ')}
        </span>
      )}
    </a>
  )
}
