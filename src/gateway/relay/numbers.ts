import { CallError } from '../../core/index.ts'
import { type Fields, fieldsOf, pick } from '../fields.ts'
import { AUDITED_FIELDS } from '../number-fields.ts'

/** The fields of a body that the audit trail records: numbers of orders and the like, who the call is for, and nothing else. */
const RECORDED: readonly string[] = [...AUDITED_FIELDS, 'appid', 'sub_mchid', 'sub_mch_id']

/** Characters. The longest number of WeChat Pay, `business_code`, has 124. */
const MAX_LENGTH = 128

/**
 * Picks the numbers of a body that the ledger records. A number that is too long is refused and not truncated, because a number in the
 * audit trail must be the one that was sent.
 *
 * @throws {CallError} `BODY_INVALID` naming the field; nothing was sent
 */
export function pickNumbers(fields: Fields, names: readonly string[]): Record<string, string> {
  const numbers = pick(fields, names)
  for (const [name, { length }] of Object.entries(numbers))
    if (length > MAX_LENGTH)
      throw new CallError('BODY_INVALID', name, `too long (${length} characters); use at most ${MAX_LENGTH}`)
  return numbers
}

export const numbersOf = (body: unknown): Record<string, string> => pickNumbers(fieldsOf(body), RECORDED)
