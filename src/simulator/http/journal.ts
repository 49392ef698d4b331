import type { FaultKind } from '../fault/rule.ts'

/** A request and the response to it. */
export interface Exchange {
  /** ms, by the simulated clock */
  readonly at: number
  /** `Request-ID` of the response. */
  readonly requestId: string
  readonly api: 'v3' | 'v2'
  readonly method: string
  /** Path and query, as received. */
  readonly url: string
  /** Path without the query. */
  readonly path: string
  /** Signed text, with the APIv2 key masked; cut at 8,192 characters, empty if there was none. */
  readonly signedText: string
  /** `invalid` for anything that failed authentication, from a malformed header to a repeated nonce. */
  readonly signature: 'valid' | 'invalid' | 'absent'
  /** Serial of the merchant's certificate, or `MD5`, `HMAC-SHA256`. */
  readonly signedBy?: string | undefined
  /** Merchant, if the request was authenticated. */
  readonly mchid?: string | undefined
  /** 0 when there was no response. */
  readonly status: number
  /** Error code, if the response is an error. */
  readonly code?: string | undefined
  /** Faults on demand that applied, in order. */
  readonly faults?: readonly FaultKind[] | undefined
}

/** Findings about the signature of a request, recorded as the checks go on, so that a refusal keeps what is known. */
export type SignatureTrace = { -readonly [Name in 'signedText' | 'signature' | 'signedBy']: Exchange[Name] }

const MAX_ENTRIES = 200
const MAX_CHARACTERS = 8192

export interface Journal {
  readonly entries: readonly Exchange[]
  add(exchange: Exchange): void
}

/**
 * Keeps the last 200 exchanges.
 *
 * @param onExchange called with each
 */
export function createJournal(onExchange?: (exchange: Exchange) => void): Journal {
  const entries: Exchange[] = []
  return {
    entries,
    add(exchange) {
      const entry = { ...exchange, signedText: exchange.signedText.slice(0, MAX_CHARACTERS) }
      entries.push(entry)
      if (entries.length > MAX_ENTRIES) entries.shift()
      onExchange?.(entry)
    },
  }
}
