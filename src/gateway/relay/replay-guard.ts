import { SECOND } from '../../core/base/time.ts'
import { parseXml } from '../../core/codec/xml.ts'
import { type Reply, ResponseError, ServiceError } from '../../core/index.ts'
import { type Call, mayTakeEffect } from '../../core/protocol/call.ts'
import { fieldsOf } from '../fields.ts'

/** Responses that are remembered, with a few hundred bytes each. */
const MAX_REMEMBERED = 10_000
/** Milliseconds by which the clocks of WeChat Pay's servers may differ. */
const MAX_SKEW = 30_000
/** Maximum and minimum number of readings of WeChat Pay's clock that are compared. */
const MAX_READINGS = 31
const MIN_READINGS = 5
/** Milliseconds for which a reading is used. In that time two clocks drift apart by less than a second. */
const MAX_AGE = 60 * 60_000

/** Sends a call, and refuses a response that was evidently not signed for it. */
export type ReplayGuard = (
  call: Pick<Call, 'method' | 'path'>,
  send: () => Promise<Reply<unknown>>,
) => Promise<Reply<unknown>>

/**
 * Creates a guard against replayed responses. WeChat Pay's signature covers the time, a nonce and the body, but not the request, so a
 * party that terminates the connection to WeChat Pay can replay a genuine response to another call, and an error contains no number that
 * would reveal it. Therefore each signed response is accepted once, and only if it was signed after its call was sent.
 *
 * WeChat Pay's clock is read from its responses, because this machine's clock may be wrong by minutes. A response arrives after it is
 * signed, so `Wechatpay-Timestamp` minus the time of receipt is at most the lead of WeChat Pay's clock, and less for a replay. The median
 * of such readings is a bound that neither a replay nor a single server with a wrong clock can raise.
 *
 * The guard does not recognise a response that was withheld from one call and is sent to another call at the same time.
 *
 * @param elapsed a monotonic clock, milliseconds. Default: `performance.now`
 * @returns a function that throws a {@link ReplayedResponseError}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 * @example
 * ```ts
 * const guard = createReplayGuard()
 * const reply = await guard({ method: 'GET', path: '/v3/certificates' }, () => client.request('GET', 'v3/certificates'))
 * ```
 */
export function createReplayGuard(elapsed: () => number = () => performance.now()): ReplayGuard {
  const remembered = new Set<string>()
  /** The remembered keys in a ring: the more keys were deleted from a set, the longer it takes to find its oldest. */
  const keys: string[] = []
  let next = 0
  /** Readings of how far WeChat Pay's clock is ahead of `elapsed`. */
  const readings: { readonly at: number; readonly lead: number }[] = []
  /** The leads of the readings in ascending order. */
  const leads: number[] = []

  function addReading(at: number, lead: number): void {
    if (!Number.isFinite(lead)) return
    readings.push({ at, lead })
    const place = leads.findIndex(other => other > lead)
    leads.splice(place < 0 ? leads.length : place, 0, lead)
  }

  function dropReadings(): void {
    const oldest = elapsed() - MAX_AGE
    for (let first = readings[0]; first && (readings.length > MAX_READINGS || first.at < oldest); first = readings[0]) {
      readings.shift()
      leads.splice(leads.indexOf(first.lead), 1)
    }
  }

  /** @returns whether the key was remembered before */
  function remember(key: string): boolean {
    if (remembered.has(key)) return true
    const oldest = keys[next]
    if (oldest !== undefined) remembered.delete(oldest)
    remembered.add(key)
    keys[next] = key
    next = (next + 1) % MAX_REMEMBERED
    return false
  }

  /** Returns a lower bound of the lead of WeChat Pay's clock; undefined if there are too few readings. */
  function minLead(): number | undefined {
    dropReadings()
    return leads.length < MIN_READINGS ? undefined : leads[Math.floor(leads.length / 2)]
  }

  /** Returns the evidence that a response was not signed for a call, if there is any. */
  function findReplay({ key, signedAt }: Signed, sentAt: number): string | undefined {
    if (remember(key)) return 'it was received before'
    if (signedAt === undefined) return undefined
    const lead = minLead()
    const at = elapsed()
    addReading(at, signedAt - at)
    const isOlder = lead !== undefined && signedAt + SECOND + MAX_SKEW < sentAt + lead
    return isOlder ? 'it was signed before the call was sent' : undefined
  }

  return async (call, send) => {
    const sentAt = elapsed()
    const response = await send().catch((error: unknown) => {
      if (error instanceof ServiceError) return error
      throw error
    })
    const signed = readSigned(response)
    const evidence = signed && findReplay(signed, sentAt)
    if (evidence) throw replayedError(response, evidence, mayTakeEffect(call as Call))
    if (response instanceof ServiceError) throw response
    return response
  }
}

/** Identifies a signed response. */
interface Signed {
  readonly key: string
  /** Milliseconds since 1970 by WeChat Pay's clock; undefined for APIv2, whose signature does not cover the time. */
  readonly signedAt?: number
}

/**
 * Identifies a signed response by its signature, which is unique because the signed text has a nonce.
 *
 * @returns undefined for an unsigned response, and for an APIv2 response without a nonce
 */
function readSigned(response: Reply<unknown> | ServiceError): Signed | undefined {
  const { verifiedBy, headers } = response
  if (verifiedBy === undefined) return undefined
  const [timestamp, signature] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-signature')]
  // Decoded, because several base64 texts can represent the same bytes.
  if (timestamp !== null && signature !== null) return { key: atob(signature), signedAt: Number(timestamp) * SECOND }
  const { sign, nonce_str } = fieldsOf(response instanceof ServiceError ? parseXml(response.body) : response.data)
  return sign && nonce_str ? { key: String(sign).toUpperCase() } : undefined
}

/** A verified response that was not signed for the call. It says nothing about the call: query its outcome. */
export class ReplayedResponseError extends ResponseError {
  override readonly name: string = 'ReplayedResponseError'
  declare readonly code: 'RESPONSE_REPLAYED'
}

const replayedError = (
  { status, headers }: Reply<unknown> | ServiceError,
  evidence: string,
  mayHaveTakenEffect: boolean,
): ReplayedResponseError =>
  new ReplayedResponseError(
    'RESPONSE_REPLAYED',
    `The response (HTTP ${status}) is genuine but does not belong to this call: ${evidence}. Check the proxies between the gateway and WeChat Pay.`,
    { status, headers, body: '' },
    mayHaveTakenEffect,
  )
