import { parseJsonOr } from '../../../core/codec/json.ts'
import { INDEXED_FIELDS } from '../../number-fields.ts'
import { run, send, type Work } from '../sql.ts'

/** Numbers of one event that are indexed. A combined order has at most 50 sub-orders, with two numbers each. */
const MAX_NUMBERS = 128
/** Characters. The longest number of WeChat Pay, `business_code`, has 124. */
const MAX_LENGTH = 128

/** SQL: the numbers in the column `resource` of an event, of events that were recorded before there was the index. */
const NUMBERS_IN_RESOURCE = `json_tree(case when json_valid(resource) then resource else '{}' end) as field
  where field.type in ('text', 'integer') and length(field.atom) between 1 and ${MAX_LENGTH}
    and (field.key in (${INDEXED_FIELDS.map(name => `'${name}'`).join(', ')}) or field.fullkey = '$.id')`

/** The statements that create the index of numbers and fill it from the recorded events. */
export const NUMBER_INDEX: readonly string[] = [
  `create table event_number (
    mchid text not null,
    number text not null,
    seq integer not null,
    primary key (mchid, number, seq)
  ) without rowid`,
  `insert or ignore into event_number (mchid, number, seq)
    select mchid, cast(field.atom as text), seq from event, ${NUMBERS_IN_RESOURCE}`,
]

/** The index of numbers by which events are found. */
export interface NumberIndex {
  /** Indexes the numbers of a recorded event. */
  index(event: { readonly seq: number; readonly mchid: string; readonly resource: string }): Work<void>
  /**
   * Removes the numbers of events from the index.
   *
   * @param seqs JSON
   */
  remove(seqs: string): Work<void>
}

/** Adds without a function, after which SQLite would copy each page of the index, in case the function fails. */
export const SQLITE_NUMBERS: NumberIndex = {
  *index({ seq, mchid, resource }) {
    const numbers = numbersIn(resource)
    if (numbers.length > 0)
      yield* send(
        'insert or ignore into event_number (mchid, number, seq) select ?, value, ? from json_each(?)',
        mchid,
        seq,
        JSON.stringify(numbers),
      )
  },
  *remove(seqs) {
    const events = yield* run<{ mchid: string; seq: number; resource: string }>(
      'select mchid, seq, resource from event where seq in (select value from json_each(?))',
      seqs,
    )
    const rows = events.flatMap(({ mchid, seq, resource }) => numbersIn(resource).map(number => [mchid, number, seq]))
    yield* send(
      `delete from event_number where (mchid, number, seq) in (
         select json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]') from json_each(?))`,
      JSON.stringify(rows),
    )
  },
}

const INDEXED = new Set(INDEXED_FIELDS)

/** Lists the numbers of an event. The `id` of an overseas order (境外支付) is its transaction_id. */
export function numbersIn(resource: string): string[] {
  const numbers = new Set<string>()
  const add = (value: unknown): void => {
    if (typeof value !== 'string' && typeof value !== 'bigint' && !Number.isSafeInteger(value)) return
    const text = String(value)
    if (text.length >= 1 && text.length <= MAX_LENGTH && numbers.size < MAX_NUMBERS) numbers.add(text)
  }
  const walk = (parent: object, isRoot: boolean): void => {
    for (const key of Object.keys(parent)) {
      const child = (parent as Readonly<Record<string, unknown>>)[key]
      if (typeof child === 'object' && child !== null) walk(child, false)
      else if (INDEXED.has(key) || (isRoot && key === 'id')) add(child)
    }
  }
  walk(Object(parseJsonOr(resource, undefined)), true)
  return [...numbers]
}
