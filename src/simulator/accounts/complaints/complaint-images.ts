import { type Bytes, base64, fromBase64, utf8 } from '../../../core/base/bytes.ts'
import { PICTURE } from '../../sample/sample-value.ts'
import type { State } from '../../state/state.ts'

/** Images of complaints, by `media_id`. */
export interface ComplaintImages {
  find(media_id: string): Bytes | undefined
  /** Keeps an image, and drops the oldest ones beyond {@link MAX_CHARACTERS}. */
  save(media_id: string, content: Bytes): void
}

/** Number of the picture that a shopper attaches. */
export const SHOPPER_IMAGE: string = base64(utf8('simulated:shopper'))

/** Size of all images together, in characters of base64. They are part of every snapshot. */
const MAX_CHARACTERS = 16 * 1024 * 1024

/** Bytes that are encoded at once. A multiple of three, because base64 encodes three bytes at a time. */
const PIECE = 3 * 1024

export function createComplaintImages(state: State): ComplaintImages {
  const stored = state.map<string>('complaint-images')
  let size = [...stored.values()].reduce((sum, { length }) => sum + length, 0)
  return {
    find(media_id) {
      const text = media_id === SHOPPER_IMAGE ? PICTURE : stored.get(media_id)
      return text === undefined ? undefined : fromBase64(text)
    },
    save(media_id, content) {
      if (stored.has(media_id)) return
      const text = Array.from({ length: Math.ceil(content.length / PIECE) }, (_, at) =>
        base64(content.subarray(at * PIECE, (at + 1) * PIECE)),
      ).join('')
      stored.set(media_id, text)
      size += text.length
      for (const [oldest, { length }] of stored) {
        if (size <= MAX_CHARACTERS) break
        stored.delete(oldest)
        size -= length
      }
    },
  }
}
