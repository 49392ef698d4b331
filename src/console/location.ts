import { createStore } from './store.ts'

const KEY = /^#\/timeline\/([\da-z]+-\d+)$/

/** The path behind `#`, such as `/records` or `/timeline/mq1x2y-12`. */
const readPath = (): string => location.hash.slice(1)

/** The path that the address names. Its first segment is the name of a view. */
export const currentPath = createStore(readPath())

const read = (): string | undefined => KEY.exec(location.hash)?.[1]

/** Key of the entry that the address names: `#/timeline/mq1x2y-12`. */
export const selectedKey = createStore<string | undefined>(read())

function follow(): void {
  selectedKey.set(read())
  currentPath.set(readPath())
}
addEventListener('popstate', follow)
addEventListener('hashchange', follow)

/** Selects an entry. The back button of the browser returns to the list, not through all entries. */
export function select(key: string | undefined): void {
  const hash = key === undefined ? '#/timeline' : `#/timeline/${key}`
  if (selectedKey.get() === undefined && key !== undefined) history.pushState(null, '', hash)
  else history.replaceState(null, '', hash)
  follow()
}
