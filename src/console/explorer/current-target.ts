import { createStore } from '../store.ts'
import { readTarget, type Target } from './address.ts'

const read = (): Target => readTarget(location.hash.slice(1))

/** The target of the address. */
export const currentTarget = createStore<Target>(read())

/** The text of the search. It stays while the page of an entry is open. */
export const searchText = createStore(queryOf(currentTarget.get()) ?? '')

function queryOf(target: Target): string | undefined {
  return target.kind === 'search' ? target.query : undefined
}

/** Follows the back button, or a link. */
function follow(): void {
  currentTarget.set(read())
  searchText.set(queryOf(currentTarget.get()) ?? searchText.get())
}
addEventListener('popstate', follow)
addEventListener('hashchange', follow)

/** Searches for a text. The address names it without a new entry of the history, so that a search can be linked. */
export function search(text: string): void {
  searchText.set(text)
  if (currentTarget.get().kind !== 'search') return
  history.replaceState(null, '', text === '' ? '#/explorer' : `#/explorer?${new URLSearchParams({ q: text })}`)
  currentTarget.set(read())
}
