import { parseXml } from '../../core/codec/xml.ts'
import { type Reply, ResponseError, ServiceError } from '../../core/index.ts'
import { type Call, mayTakeEffect } from '../../core/protocol/call.ts'
import { fieldsOf } from '../fields.ts'

/** Responses that are remembered: some hundred bytes each. */
const MAX_REMEMBERED = 10_000
/** Milliseconds by which the clocks of WeChat Pay's servers may differ from one another. */
const MAX_DISAGREEMENT = 30_000
/** `Wechatpay-Timestamp` is in whole seconds. */
const SECOND = 1_000
/** Readings of WeChat Pay's clock that are compared, and how few say too little. */
const MAX_READINGS = 31
const MIN_READINGS = 5
/** Milliseconds after which a reading counts no longer: by then two clocks have drifted apart by less than a second. */
const MAX_AGE = 60 * 60_000

/** Sends a call, and refuses a response that was not signed for it, as far as that shows. */
export type ReplayGuard = (
  call: Pick<Call, 'method' | 'path'>,
  send: () => Promise<Reply<unknown>>,
) => Promise<Reply<unknown>>

/**
 * Creates what refuses replayed responses. WeChat Pay's signature covers the time, a nonce and the body, but not the request, so that
 * whoever ends the connection to WeChat Pay can send a genuine response again, as that to another call. An error names no number that
 * would tell. Therefore each signed response counts once, and none counts that was signed before its call was sent.
 *
 * WeChat Pay's clock is read from its own responses, because this machine's may be wrong by minutes. No response arrives before it is
 * signed. So `Wechatpay-Timestamp` minus the time of receipt is never more than how far WeChat Pay's clock is ahead, and a replay
 * only makes it less. The median of such readings is a bound that neither a replay nor one server with a wrong clock raises.
 *
 * It does not tell a response that was withheld from one call and arrives as that to another at the same time.
 *
 * @param elapsed milliseconds of a clock that is never set. Default: `performance.now`
 * @returns throws a {@link ReplayedResponseError}
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4013053420
 * @example
 * ```ts
 * const guard = createReplayGuard()
 * const reply = await guard({ method: 'GET', path: '/v3/certificates' }, () => client.request('GET', 'v3/certificates'))
 * ```
 */
export function createReplayGuard(elapsed: () => number = () => performance.now()): ReplayGuard {
  const remembered = new Set<string>()
  const readings: { at: number; ahead: number }[] = []

  /** @returns whether it was received before */
  function remember(key: string): boolean {
    const isKnown = remembered.has(key)
    remembered.add(key)
    const [oldest] = remembered
    if (remembered.size > MAX_REMEMBERED) remembered.delete(oldest!)
    return isKnown
  }

  /** The least by which WeChat Pay's clock is ahead of `elapsed`; undefined while too little is known. */
  function leastAhead(): number | undefined {
    const oldest = elapsed() - MAX_AGE
    while (readings.length > MAX_READINGS || (readings[0] && readings[0].at < oldest)) readings.shift()
    if (readings.length < MIN_READINGS) return undefined
    return readings.map(({ ahead }) => ahead).sort((one, other) => one - other)[Math.floor(readings.length / 2)]
  }

  /** Returns what shows that a response was not signed for a call; undefined where nothing does. */
  function findReplay({ key, signedAt }: Signed, sentAt: number): string | undefined {
    if (remember(key)) return 'it was received before'
    if (signedAt === undefined) return undefined
    const ahead = leastAhead()
    const at = elapsed()
    readings.push({ at, ahead: signedAt - at })
    const isOlder = ahead !== undefined && signedAt + SECOND + MAX_DISAGREEMENT < sentAt + ahead
    return isOlder ? 'it was signed before the call was sent' : undefined
  }

  return async (call, send) => {
    const sentAt = elapsed()
    const response = await send().catch((error: unknown) => {
      if (error instanceof ServiceError) return error
      throw error
    })
    const signed = readSigned(response)
    const why = signed && findReplay(signed, sentAt)
    if (why) throw replayedError(response, why, mayTakeEffect(call as Call))
    if (response instanceof ServiceError) throw response
    return response
  }
}

/** What of a signed response no other one has. */
interface Signed {
  readonly key: string
  /** Milliseconds since 1970 by WeChat Pay's clock; undefined in APIv2, which signs no time. */
  readonly signedAt?: number
}

/** Reads what tells a signed response from all others: its signature, whose text has a nonce. APIv2 may leave that out. */
function readSigned(response: Reply<unknown> | ServiceError): Signed | undefined {
  const { verifiedBy, headers } = response
  if (verifiedBy === undefined) return undefined
  const [timestamp, signature] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-signature')]
  // Decoded: base64 has several texts for the same bytes.
  if (timestamp !== null && signature !== null) return { key: atob(signature), signedAt: Number(timestamp) * SECOND }
  const { sign, nonce_str } = fieldsOf(response instanceof ServiceError ? parseXml(response.body) : response.data)
  return sign && nonce_str ? { key: String(sign).toUpperCase() } : undefined
}

/** A verified response that was not signed for the call. It proves nothing about it: query again. */
export class ReplayedResponseError extends ResponseError {
  override readonly name: string = 'ReplayedResponseError'
  declare readonly code: 'RESPONSE_REPLAYED'
}

const replayedError = (
  { status, headers }: Reply<unknown> | ServiceError,
  why: string,
  mayHaveTakenEffect: boolean,
): ReplayedResponseError =>
  new ReplayedResponseError(
    'RESPONSE_REPLAYED',
    `The response (HTTP ${status}) is genuine but not the one to this call: ${why}. Find out what stands between the gateway and WeChat Pay and sends responses again.`,
    { status, headers, body: '' },
    mayHaveTakenEffect,
  )
