import { utf8 } from '../../core/base/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'
import type { NewEvent } from '../store/event/events.ts'

/**
 * Bytes of UTF-8. The longest keys of WeChat Pay's numbers have some 200. PostgreSQL refuses a row whose values in one index have more
 * than 2,700 bytes together, and an index has at most two such keys.
 */
const MAX_KEY = 512

/**
 * Replaces each key of an event that is too long for an index of a database by its hash, the same in every storage, so that an event that
 * WeChat Pay has signed can always be recorded, once. The resource keeps the whole numbers.
 */
export async function withIndexableKeys(event: NewEvent): Promise<NewEvent> {
  const [id, subject, dedupeKey] = await Promise.all([
    indexable(event.id),
    event.subject === null ? null : indexable(event.subject),
    event.dedupeKey === null ? null : indexable(event.dedupeKey),
  ])
  return { ...event, id, subject, dedupeKey }
}

/**
 * Returns a key of at most {@link MAX_KEY} bytes: the key itself, or its hash after the names with which it begins, by which keys are
 * told apart (`DEDUPE_SUBJECTS`).
 *
 * @example
 * ```ts
 * await indexable('transaction_id/42') // 'transaction_id/42'
 * await indexable(`transaction_id/${'4'.repeat(6_000)}`) // 'transaction_id/sha256:9f…'
 * ```
 */
export async function indexable(key: string): Promise<string> {
  const bytes = utf8(key)
  if (bytes.length <= MAX_KEY) return key
  const [names] = /^(?:[\w.]{1,64}\/){0,2}/.exec(key)!
  return `${names}sha256:${await sha256(bytes)}`
}
