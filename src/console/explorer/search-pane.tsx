import { useMemo, useRef, useState } from 'preact/hooks'
import { language } from '../settings.ts'
import { useStore } from '../store.ts'
import { useSlash } from '../use-slash.ts'
import { search, searchText } from './current-target.ts'
import type { DefinitionIndex, IndexedEntry, IndexedProduct } from './definition.ts'
import { EntryLink } from './entry-link.tsx'
import { createSearch, type Found } from './search.ts'
import { useExplorerWords } from './words.ts'

/** How many results are shown at first, and with each "more". */
const PAGE = 60

/** The search, with its results; without a query, all entries by product. */
export function SearchPane({ index, entry }: { index: DefinitionIndex; entry: IndexedEntry | undefined }) {
  const words = useExplorerWords()
  const query = useStore(searchText)
  const input = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  const find = useMemo(() => createSearch(index), [index])
  const found = useMemo(() => (query.trim() === '' ? undefined : find(query)), [find, query])
  useSlash(input)
  const all = index.entries.length
  return (
    // The arrows move between the links, which Tab reaches too.
    <section class="search-pane" aria-label={words.results} onKeyDown={event => moveFocus(event, list.current)}>
      <div class="search">
        <input
          ref={input}
          type="search"
          value={query}
          maxLength={200}
          placeholder={words.search}
          aria-label={words.search}
          aria-describedby="explorer-help"
          onInput={event => search(event.currentTarget.value)}
        />
        <p id="explorer-help" class="dim">
          {words.searchHelp}
        </p>
        <p class="count" role="status">
          {words.found(found?.length ?? all, all)}
        </p>
      </div>
      <div class="results" ref={list}>
        {found ? <Results key={query} found={found} entry={entry} /> : <Products index={index} entry={entry} />}
      </div>
    </section>
  )
}

/** The entries that a query has found, the best first. */
function Results({ found, entry }: { found: readonly Found[]; entry: IndexedEntry | undefined }) {
  const words = useExplorerWords()
  const [shown, setShown] = useState(PAGE)
  if (found.length === 0) return <p class="nothing">{words.nothingFound}</p>
  return (
    <>
      <ul class="entries">
        {found.slice(0, shown).map(({ entry: own, fields }) => (
          <li key={`${own.method} ${own.name}`}>
            <EntryLink entry={own} isCurrent={own === entry} fields={fields} />
          </li>
        ))}
      </ul>
      {found.length > shown && (
        <button type="button" onClick={() => setShown(shown + PAGE)}>
          {words.more(Math.min(PAGE, found.length - shown))}
        </button>
      )}
    </>
  )
}

/** Orders products: those of APIv3 that most merchants use, all others of the brand API and APIv3, those of APIv2. */
const rankOf = ({ usual, api }: IndexedProduct): number => (api === 'v2' ? 2 : usual ? 0 : 1)

/** All entries, grouped by product. The products that most merchants use come first. */
function Products({ index, entry }: { index: DefinitionIndex; entry: IndexedEntry | undefined }) {
  const groups = useMemo(() => {
    const byProduct = index.products.map((product, at) => ({
      product,
      at,
      entries: index.entries.filter(own => own.product === at),
    }))
    return byProduct.sort((first, second) => rankOf(first.product) - rankOf(second.product))
  }, [index])
  return (
    <>
      {groups.map(({ product, at, entries }) => (
        <ProductGroup key={at} product={product} entries={entries} entry={entry} />
      ))}
    </>
  )
}

interface ProductGroupProps {
  readonly product: IndexedProduct
  readonly entries: readonly IndexedEntry[]
  readonly entry: IndexedEntry | undefined
}

/** A product that can be opened. Its entries are rendered only then. */
function ProductGroup({ product: { title, english, api }, entries, entry }: ProductGroupProps) {
  const isEnglish = useStore(language) === 'en'
  const hasEntry = entry !== undefined && entries.includes(entry)
  const [isOpen, setOpen] = useState(hasEntry)
  return (
    <details class="product" open={isOpen} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>
        <span lang="zh-CN">{title}</span> {isEnglish && <span class="gloss">{english}</span>}{' '}
        <span class="dim">{api === 'v3' ? '' : api}</span> <span class="count">{entries.length}</span>
      </summary>
      {isOpen && (
        <ul class="entries">
          {entries.map(own => (
            <li key={`${own.method} ${own.name}`}>
              <EntryLink entry={own} isCurrent={own === entry} />
            </li>
          ))}
        </ul>
      )}
    </details>
  )
}

/** Moves the focus between search and results with the arrow keys. */
function moveFocus(event: KeyboardEvent, list: HTMLElement | null): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const links = [...(list?.querySelectorAll<HTMLElement>('a.entry, summary') ?? [])]
  const at = links.indexOf(document.activeElement as HTMLElement)
  const next = links[event.key === 'ArrowDown' ? at + 1 : at - 1]
  if (!next) return
  event.preventDefault()
  next.focus()
}
