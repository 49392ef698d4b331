import { type Bytes, utf8 } from '../../core/base/bytes.ts'
import type { Api } from '../../definitions/call.ts'
import type { FaultKind } from '../fault/rule.ts'
import type { StateChange } from '../state/state.ts'
import type { SignatureExplanation } from '../timeline/signature-explanation.ts'

/** A request and the response to it. */
export interface Exchange {
  /** ms, by the simulated clock */
  readonly at: number
  /** `Request-ID` of the response. */
  readonly requestId: string
  readonly api: Api
  readonly method: string
  /** Path and query, as received. */
  readonly url: string
  /** Path without the query. */
  readonly path: string
  /** Signed text, with the APIv2 key masked; cut at 8,192 characters, empty if there was none. */
  readonly signedText: string
  /** `invalid` for anything that failed authentication, from a malformed header to a repeated nonce. */
  readonly signature: 'valid' | 'invalid' | 'absent'
  /** Serial of the certificate of the merchant or the brand, or `MD5`, `HMAC-SHA256`. */
  readonly signedBy?: string | undefined
  /** Merchant, if the request was authenticated. */
  readonly mchid?: string | undefined
  /** Brand, if a request of the brand API was authenticated. */
  readonly brandId?: string | undefined
  /** 0 when there was no response. */
  readonly status: number
  /** Error code, if the response is an error. */
  readonly code?: string | undefined
  /** Faults on demand that applied, in order. */
  readonly faults?: readonly FaultKind[] | undefined
}

/** Findings about the signature of a request, recorded as the checks go on, so that a refusal keeps what is known. */
export type SignatureTrace = { -readonly [Name in 'signedText' | 'signature' | 'signedBy']: Exchange[Name] }

/** Findings about a request, recorded as it is handled. */
export interface RequestTrace extends SignatureTrace {
  /** Merchant whose keys verify the message, where only its body names it (APIv2). */
  mchid?: string
  /** Bytes of the body, once they have been read. */
  received?: Bytes | undefined
  /** Records that the route changed. */
  readonly changes: StateChange[]
  /** Set if the time is refused, or if the signature was compared with a text and is not that text's. */
  explain?: (() => Promise<SignatureExplanation>) | undefined
}

/** Of the authenticated exchanges, and of all others. */
const MAX_ENTRIES = 200
const MAX_CHARACTERS = 8192

/** Copies a text, because one that was cut out of a longer one keeps all of that in memory. */
export const copyText = (text: string): string => new TextDecoder().decode(utf8(text))

export interface Journal {
  readonly entries: readonly Exchange[]
  add(exchange: Exchange): void
  /** Removes all entries. */
  clear(): void
  /** Calls `onExchange`, and keeps nothing. */
  report(exchange: Exchange): void
}

/**
 * Keeps the last 200 authenticated exchanges, and the last 200 others: anybody who reaches the port can send unsigned
 * requests, which must not displace the merchant's own.
 *
 * @param onExchange called with each
 */
export function createJournal(onExchange?: (exchange: Exchange) => void): Journal {
  const entries: Exchange[] = []
  return {
    entries,
    add(exchange) {
      const entry = { ...exchange, signedText: copyText(exchange.signedText.slice(0, MAX_CHARACTERS)) }
      entries.push(entry)
      const likeEntry = (other: Exchange): boolean => isAuthenticated(other) === isAuthenticated(entry)
      if (entries.length > MAX_ENTRIES && entries.filter(likeEntry).length > MAX_ENTRIES)
        entries.splice(entries.findIndex(likeEntry), 1)
      onExchange?.(entry)
    },
    clear: () => void entries.splice(0),
    report: exchange => onExchange?.(exchange),
  }
}

const isAuthenticated = ({ signature }: Exchange): boolean => signature === 'valid'
