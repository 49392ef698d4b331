import { type NumberIndex, numbersIn } from '../../gateway/store/event/numbers.ts'
import { send } from '../../gateway/store/sql.ts'

export const POSTGRES_NUMBERS: NumberIndex = {
  *index({ seq, mchid, resource }) {
    const numbers = storableNumbersIn(resource)
    if (numbers.length > 0)
      yield* send(
        `insert into event_number (mchid, number, seq)
         select ?, value, ? from json_array_elements_text(?::json) on conflict do nothing`,
        mchid,
        seq,
        JSON.stringify(numbers),
      )
  },
  *remove(seqs) {
    yield* send(
      'delete from event_number where seq = any (array(select value::bigint from json_array_elements_text(?::json)))',
      seqs,
    )
  },
}

/**
 * Lists the numbers of an event without what PostgreSQL refuses in texts: U+0000 and half a character pair, both of
 * which JSON may contain.
 */
export const storableNumbersIn = (resource: string): string[] =>
  numbersIn(resource)
    .map(number => number.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\u{fffd}'))
    .filter(number => number !== '')
