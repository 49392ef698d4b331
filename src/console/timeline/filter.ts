import { createStore } from '../store.ts'
import type { KeyedEntry } from './entries.ts'

export interface Filter {
  readonly text: string
  readonly kind: 'all' | 'request' | 'notification' | 'action'
  readonly status: 'all' | 'success' | 'error' | 'none'
  readonly signature: 'all' | 'valid' | 'invalid' | 'absent'
  /** Number of the merchant, or `all`. What concerns no merchant in particular is shown for each. */
  readonly merchant: string
}

export const NO_FILTER: Filter = { text: '', kind: 'all', status: 'all', signature: 'all', merchant: 'all' }

export const filter = createStore<Filter>(NO_FILTER)

/** Returns the entries that a filter lets through. Words of the text must all occur, in any order. */
export function filtered(all: readonly KeyedEntry[], chosen: Filter): readonly KeyedEntry[] {
  const { text, kind, status, signature, merchant } = chosen
  const words = text.toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0 && [kind, status, signature, merchant].every(choice => choice === 'all')) return all
  return all.filter(
    entry =>
      (kind === 'all' || entry.kind === kind) &&
      (status === 'all' || statusOf(entry) === status) &&
      (signature === 'all' || (entry.kind === 'request' && entry.signature === signature)) &&
      (merchant === 'all' || concerns(entry, merchant)) &&
      words.every(word => searchText(entry).includes(word)),
  )
}

const concerns = (entry: KeyedEntry, merchant: string): boolean =>
  entry.kind === 'restart' || entry.mchid === undefined || entry.mchid === merchant

function statusOf(entry: KeyedEntry): Filter['status'] | undefined {
  if (entry.kind !== 'request' && entry.kind !== 'notification') return undefined
  if (!entry.status) return 'none'
  return entry.status < 400 ? 'success' : 'error'
}

const searchTexts = new WeakMap<KeyedEntry, string>()

function searchText(entry: KeyedEntry): string {
  const known = searchTexts.get(entry)
  if (known !== undefined) return known
  const parts: readonly unknown[] =
    entry.kind === 'request'
      ? [entry.method, entry.url, entry.status, entry.code, entry.requestId, ...(entry.faults ?? [])]
      : entry.kind === 'notification'
        ? [entry.event, entry.url, entry.status, entry.error, entry.notification, entry.variant]
        : entry.kind === 'action'
          ? [entry.name, entry.parameters]
          : []
  const text = [...parts, ...entry.numbers].join(' ').toLowerCase()
  searchTexts.set(entry, text)
  return text
}
