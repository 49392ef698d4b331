import type { FaultKind } from '../fault/rule.ts'

/** One request and what became of it. */
export interface Exchange {
  /** ms, by the simulated clock */
  readonly at: number
  /** `Request-ID` of the answer. */
  readonly requestId: string
  readonly api: 'v3' | 'v2'
  readonly method: string
  /** Path and query as received. */
  readonly url: string
  /** The path alone. */
  readonly path: string
  /** The text whose signature was checked, the APIv2 key in it replaced; cut at 8,192 characters. Empty when none. */
  readonly signedText: string
  /** `invalid`: whatever did not prove itself, from a malformed header to a nonce used twice. */
  readonly signature: 'valid' | 'invalid' | 'absent'
  /** Serial of the merchant's certificate, or `MD5`, `HMAC-SHA256`. */
  readonly signedBy?: string | undefined
  /** The merchant, when the request proved to be his. */
  readonly mchid?: string | undefined
  /** 0 when nothing was answered. */
  readonly status: number
  /** The error's code, when it is one. */
  readonly code?: string | undefined
  /** What went wrong on demand, in the order in which it did. */
  readonly faults?: readonly FaultKind[] | undefined
}

/** What is learned of a request on its way: filled in as the checks go, so that a refusal leaves what was known. */
export type SignatureTrace = { -readonly [Name in 'signedText' | 'signature' | 'signedBy']: Exchange[Name] }

const MAX_ENTRIES = 200
const MAX_CHARACTERS = 8192

export interface Journal {
  readonly entries: readonly Exchange[]
  add(exchange: Exchange): void
}

/**
 * The last 200.
 *
 * @param onExchange is told of each
 */
export function createJournal(onExchange?: (exchange: Exchange) => void): Journal {
  const entries: Exchange[] = []
  return {
    entries,
    add(exchange) {
      const entry = { ...exchange, message: exchange.signedText.slice(0, MAX_CHARACTERS) }
      entries.push(entry)
      if (entries.length > MAX_ENTRIES) entries.shift()
      onExchange?.(entry)
    },
  }
}
