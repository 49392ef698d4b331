import { useRef } from 'preact/hooks'
import { request } from './session.ts'
import { type Read, useRead } from './use-read.ts'

/** Rows that are read at first, and those that are added when older ones are asked for. */
const ROWS = 50
/** The most rows that the gateway returns at once. */
const MAX_ROWS = 500

/** A page of a list of the gateway, whose rows are under the name of the list. */
type Page<Row> = { readonly next: string | number | null; readonly unavailable?: unknown } & {
  readonly [name: string]: readonly Row[]
}

interface Loaded<Row> {
  readonly rows: readonly Row[]
  readonly hasMore: boolean
  readonly isPartial: boolean
}

/** A list of which the newest rows are read again and again, and older ones too once they have been asked for. */
export interface LongList<Row> extends Pick<Read<unknown>, 'problem' | 'reload'> {
  readonly rows: readonly Row[] | undefined
  /** A part of the ledger has not responded. */
  readonly isPartial: boolean
  /** Reads the rows that follow; undefined if there are none. @throws {GatewayError} */
  readonly readOlder: (() => Promise<void>) | undefined
}

/**
 * Reads a list. All rows that are shown are read again each time, because an older row may have changed or left the list too.
 *
 * @param path with the filters; undefined reads nothing
 * @param name of the list in the response
 * @param keyOf identifies a row, so that one that moves from a page to the next is shown once
 */
export function useList<Row>(
  path: string | undefined,
  name: string,
  keyOf: (row: Row) => string | number,
): LongList<Row> {
  const wanted = useRef({ path, rows: ROWS })
  if (wanted.current.path !== path) wanted.current = { path, rows: ROWS }
  const { value, readNow, ...read } = useRead<Loaded<Row>>(path, 'events', async from => {
    const own = wanted.current
    const loaded = await readRows<Row>(from, name, own.rows)
    // More rows, or those of another filter, are wanted meanwhile.
    return own === wanted.current && own.path === from ? loaded : undefined
  })
  const rows = value && new Map(value.rows.map(row => [keyOf(row), row]))
  async function readOlder(): Promise<void> {
    wanted.current = { path, rows: wanted.current.rows + ROWS }
    await readNow()
  }
  return {
    ...read,
    rows: rows && [...rows.values()],
    isPartial: value?.isPartial ?? false,
    readOlder: value?.hasMore ? readOlder : undefined,
  }
}

/** Reads the newest rows of a list, page by page. */
async function readRows<Row>(path: string, name: string, count: number): Promise<Loaded<Row>> {
  const rows: Row[] = []
  let next: Page<Row>['next'] = null
  let isPartial = false
  do {
    const query = new URLSearchParams({ limit: String(Math.min(MAX_ROWS, count - rows.length)) })
    if (next !== null) query.set('before', String(next))
    const response = await request('GET', `${path}${path.includes('?') ? '&' : '?'}${query}`)
    const page = (await response.json()) as Page<Row>
    rows.push(...page[name]!)
    next = page.next
    isPartial ||= page.unavailable !== undefined
  } while (next !== null && rows.length < count)
  return { rows, hasMore: next !== null, isPartial }
}
