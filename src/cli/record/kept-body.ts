import { Transform } from 'node:stream'
import { parseJson } from '../../core/codec/json.ts'
import { parseXml } from '../../core/codec/xml.ts'

/** A body as it passed, or why it was not kept. */
export type KeptBody = Uint8Array | 'too-large' | 'cut'

/** Bytes of a body that are kept for its shape; the rest only passes. */
const MAX_KEPT = 262_144

/** A stream that passes a body on, and keeps it. */
export interface BodyKeeper {
  readonly stream: Transform
  /** States that the body has not passed as a whole. */
  cut(): void
  body(): KeptBody
}

export function createBodyKeeper(): BodyKeeper {
  const chunks: Buffer[] = []
  let length = 0
  let isCut = false
  const stream = new Transform({
    transform(chunk: Buffer, _, done) {
      length += chunk.length
      if (length <= MAX_KEPT) chunks.push(chunk)
      else chunks.length = 0
      done(null, chunk)
    },
  })
  return {
    stream,
    cut() {
      isCut = true
    },
    body: () => (isCut ? 'cut' : length > MAX_KEPT ? 'too-large' : Buffer.concat(chunks)),
  }
}

const decoder = new TextDecoder('utf-8', { fatal: true })

/** Parses JSON or XML; a list becomes the member `data`. Returns undefined for anything else, such as a file. */
export function parseBody(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const text = decoder.decode(bytes).trim()
    const message = text.startsWith('<') ? parseXml(text) : parseJson(text)
    if (typeof message !== 'object' || message === null) return undefined
    return (Array.isArray(message) ? { data: message } : message) as Readonly<Record<string, unknown>>
  } catch {
    return undefined
  }
}
