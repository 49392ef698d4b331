import { labelled } from '../labelled.ts'
import { useExplorerWords } from './words.ts'

/** How many pages are shown. An endpoint has one per product, most of them alike. */
const MAX_PAGES = 4

/** Links to the official pages. */
export function OfficialPages({ docs }: { docs: readonly string[] }) {
  const words = useExplorerWords()
  const pages = docs.filter(page => page.startsWith('https://')).slice(0, MAX_PAGES)
  if (pages.length === 0) return null
  return (
    <p>
      {labelled(pages.length === 1 ? words.officialPage : words.officialPages)}
      {pages.map(page => (
        <a key={page} class="official-page" href={page} target="_blank" rel="noreferrer">
          {page.replace(/^https:\/\//, '')}
        </a>
      ))}
    </p>
  )
}
