import { useMemo } from 'preact/hooks'
import type { Target } from './address.ts'
import type { DefinitionIndex } from './definition.ts'
import { EntryLink } from './entry-link.tsx'
import { createSearch } from './search.ts'
import { useExplorerWords } from './words.ts'

/** How many entries are suggested. */
const MAX_SUGGESTIONS = 8

/** Says that no definition has what the address names, and what may be meant. */
export function UnknownEntry({
  target,
  index,
}: {
  target: Exclude<Target, { kind: 'search' }>
  index: DefinitionIndex
}) {
  const words = useExplorerWords()
  const suggestions = useMemo(() => suggest(target, index), [target, index])
  const method = target.kind === 'endpoint' ? target.method : undefined
  const isKnown = suggestions.some(({ name }) => name === target.name)
  return (
    <div class="entry-page">
      <p role="alert" class="problem">
        {isKnown && method ? words.unknownMethod(method, target.name) : words.unknown(target.name)}
      </p>
      {suggestions.length > 0 && (
        <>
          <p>{words.meant}</p>
          <ul class="entries">
            {suggestions.map(entry => (
              <li key={`${entry.method} ${entry.name}`}>
                <EntryLink entry={entry} />
              </li>
            ))}
          </ul>
        </>
      )}
      <p>
        <a href="#/explorer">{words.toSearch}</a>
      </p>
    </div>
  )
}

/** Finds the entries of the same path, otherwise those with the most of its words. */
function suggest({ name }: { readonly name: string }, index: DefinitionIndex) {
  const same = index.entries.filter(entry => entry.name === name)
  if (same.length > 0) return same
  const search = createSearch({ ...index, translations: {} })
  const segments = name.split(/[/.]/).filter(segment => segment !== '' && !segment.startsWith('{'))
  // From the whole path to its first segments, then its last one.
  const queries = [...segments.map((_, at) => segments.slice(0, segments.length - at).join(' ')), segments.at(-1) ?? '']
  const found = queries.map(search).find(entries => entries.length > 0) ?? []
  return found.slice(0, MAX_SUGGESTIONS).map(({ entry }) => entry)
}
