import type { IncomingMessage } from 'node:http'
import { readBounded } from '../../core/base/read-bounded.ts'

/** Maximum bytes of a body. WeChat Pay's largest uploads have 5 MB. */
const MAX_BODY = 16 * 1024 * 1024
/** Maximum bytes of the bodies that are held at once, which limits the memory that clients can take up. */
const MAX_HELD = 4 * MAX_BODY

export const declaresTooMuch = ({ headers }: IncomingMessage): boolean =>
  Number(headers['content-length'] ?? 0) > MAX_BODY

/** A body, and a function that stops counting it, to be called when its response is sent. */
export interface HeldBody {
  readonly bytes: Uint8Array<ArrayBuffer>
  release(): void
}

/** `too-large`: the body exceeds 16 MB; the rest is discarded. `busy`: others needed its memory. */
export type UnreadBody = 'too-large' | 'busy'

/**
 * Reads the body of a request.
 *
 * @throws the request was cut short
 */
export type ReadBody = (incoming: IncomingMessage) => Promise<HeldBody | UnreadBody>

const END = { done: true, value: undefined } as const

interface Arriving {
  bytes: number
  readonly drop: () => void
}

/**
 * Creates a reader that holds 64 MB of bodies at most. When more arrive, it drops the bodies that have been arriving for
 * the longest, so that clients that keep requests open cannot shut others out. It counts bytes that have arrived, because a
 * `Content-Length` may be false, and copies them into one buffer per body, whatever the size of their chunks.
 *
 * @param maxHeld bytes
 */
export function createBodyReader(maxHeld = MAX_HELD): ReadBody {
  /** Oldest first. */
  const arriving = new Set<Arriving>()
  let held = 0
  const count = (body: Arriving, bytes: number): void => {
    body.bytes += bytes
    held += bytes
  }
  const release = (body: Arriving): void => {
    arriving.delete(body)
    count(body, -body.bytes)
  }
  const dropExcess = (): void => {
    for (const body of arriving) {
      if (held <= maxHeld) return
      release(body)
      body.drop()
    }
  }
  return async incoming => {
    if (declaresTooMuch(incoming)) return 'too-large'
    const chunks = incoming.iterator({ destroyOnReturn: false })
    // Leaving the iterator must not close the connection, which has yet to carry the response.
    const discardRest = async (): Promise<void> => {
      await chunks.return?.()
      incoming.resume()
    }
    let drop = (): void => {}
    const dropped = new Promise<'busy'>(resolve => {
      drop = () => resolve('busy')
    })
    const body: Arriving = { bytes: 0, drop }
    arriving.add(body)
    const isDropped = (): boolean => !arriving.has(body)
    const readChunk = async (): Promise<ReadableStreamReadResult<Uint8Array>> => {
      const { done, value } = isDropped() ? END : await chunks.next()
      return done ? END : { done: false, value }
    }
    const source = { getReader: () => ({ read: readChunk, cancel: discardRest }) }
    const countChunk = ({ length }: Uint8Array): void => {
      if (isDropped()) return
      count(body, length)
      dropExcess()
    }
    try {
      const bytes = await Promise.race([dropped, readBounded(source, MAX_BODY, countChunk)])
      if (bytes === 'busy' || isDropped()) return 'busy'
      arriving.delete(body)
      if (bytes) return { bytes, release: () => release(body) }
      release(body)
      return 'too-large'
    } catch (error) {
      release(body)
      throw error
    }
  }
}
