import { WechatpayError } from '../core/base/errors.ts'
import { parseJsonOr } from '../core/codec/json.ts'
import type { XmlFields } from '../core/codec/xml.ts'
import { importHmacKey } from '../core/crypto/digest.ts'
import type { Account, SigningAccount } from '../core/options/account.ts'
import { SIGNING_APIS } from '../core/options/signing-apis.ts'
import type { Api } from '../definitions/call.ts'
import { brandEventNames } from '../definitions/generated/event-names.ts'
import { explainV2, type SignatureExplanation } from '../simulator/timeline/signature-explanation.ts'
import { createGivenAccounts } from './accounts.ts'
import { type DecryptedMessage, decryptMessage } from './decrypt.ts'
import { type Finding, failed } from './finding.ts'
import { findGivenKey } from './keys/find.ts'
import type { GivenKeys } from './keys/given-keys.ts'
import { isSignedCall, isV2Body, isXmlBody, type Message } from './message.ts'
import type { Exchange } from './pasted/exchange.ts'
import { verifyRequest } from './verify-request.ts'
import { readV2Fields, verifyV2 } from './verify-v2.ts'
import { signatureHeadersOf, signedTextOf, verifyV3 } from './verify-v3.ts'

/**
 * Kind of a message: a call, the response to one, a notification of WeChat Pay, a body that may be either of the last two, or a request that
 * has nothing to do with WeChat Pay.
 */
export type MessageKind = 'request' | 'response' | 'notification' | 'body' | 'foreign'

/** The encrypted content of a message. */
export type Content =
  | ({ readonly kind: 'decrypted' } & DecryptedMessage)
  | { readonly kind: 'not-encrypted' }
  | { readonly kind: 'failed'; readonly error: WechatpayError }

/** All that is found out about a message. */
export interface Analysis {
  /** Absent for a request that has nothing to do with WeChat Pay. */
  readonly api?: Api
  readonly kind: MessageKind
  readonly findings: readonly Finding[]
  /** The signed text, and the one that was signed instead. Keys in it are masked. */
  readonly explanation?: SignatureExplanation | undefined
  /** Absent for requests, which are encrypted for WeChat Pay. */
  readonly content?: Content | undefined
}

/**
 * Says about a message what it is, which step of its verification fails and why, and what is encrypted in it. Nothing is sent or
 * stored.
 *
 * @param at time when it was sent or arrived, milliseconds since 1970
 * @param crypto Default: `globalThis.crypto`
 */
export async function analyse(
  exchange: Exchange,
  given: GivenKeys,
  at: number,
  crypto: Crypto = globalThis.crypto,
): Promise<Analysis> {
  const { message } = exchange
  const { account, brandAccount } = createGivenAccounts(given, crypto)
  if (exchange.kind === 'request' && isCall(exchange)) {
    const findKey = findGivenKey(given.keys, 'merchant', at)
    const { findings, explanation } = await verifyRequest({ ...exchange, ...message }, at, findKey, crypto)
    const isBrand = message.headers.get('authorization')?.startsWith(`${SIGNING_APIS.brand.scheme} `)
    return { api: isBrand ? 'brand' : 'v3', kind: 'request', findings, explanation }
  }
  const isSigned = [...message.headers.keys()].some(name => name.startsWith('wechatpay-'))
  if (!isSigned && isV2Body(message.body)) return analyseV2(exchange, account)
  const { event_type, resource } = Object(parseJsonOr(message.body, undefined)) as Readonly<Record<string, unknown>>
  if (exchange.kind === 'request' && !isSigned && event_type === undefined && resource === undefined)
    return { kind: 'foreign', findings: [failed('message', 'not-wechatpay', {})] }
  const isBrand = brandEventNames.includes(String(event_type))
  const signed = signatureHeadersOf(message.headers)
  return {
    api: isBrand ? 'brand' : 'v3',
    kind: exchange.kind === 'request' || event_type !== undefined ? 'notification' : exchange.kind,
    findings: await verifyV3(message, at, findGivenKey(given.keys, 'platform', at), crypto),
    explanation: signed.timestamp ? { expected: signedTextOf(signed, message.body) } : undefined,
    content: await contentOf(message, account, isBrand ? brandAccount : undefined),
  }
}

/** Returns whether a request is a call of APIv3 or of the brand API, and not a notification, which a proxy may have given credentials. */
const isCall = ({ message: { headers }, url }: Exchange & { kind: 'request' }): boolean =>
  !headers.has('wechatpay-signature') && (isSignedCall(headers) || /^(?:[a-z]+:\/\/[^/]+)?\/(?:v3|brand)\//i.test(url))

async function analyseV2(exchange: Exchange, account: Account): Promise<Analysis> {
  const { message } = exchange
  const findings = await verifyV2(message, account)
  const fields = fieldsOf(message.body)
  const kind =
    fields && exchange.kind !== 'response' && isNotification(fields, exchange.kind) ? 'notification' : exchange.kind
  const isInvalid = findings.some(({ code }) => code === 'sign-invalid')
  const explained = fields && (await explainFields(fields, account))
  return {
    api: 'v2',
    kind,
    findings: isInvalid ? findings.map(finding => withMistake(finding, explained)) : findings,
    explanation: isInvalid ? explained : explained && { expected: explained.expected },
    content: kind === 'request' || !fields ? undefined : await contentOf(message, account),
  }
}

/** Names the mistake of an invalid `sign`, if a usual one explains it. */
function withMistake(finding: Finding, explained: SignatureExplanation | undefined): Finding {
  const { mistake = 'unknown', what = '', cure = '' } = explained ?? {}
  if (finding.code !== 'sign-invalid' || mistake === 'unknown') return finding
  return failed('sign', 'signature-mistake', { mistake, what, cure })
}

function fieldsOf(body: string): XmlFields | undefined {
  try {
    return readV2Fields(body)
  } catch {
    return undefined
  }
}

/** Fields that no request has: those of a payment or a refund, of a contract (委托代扣), and of a notification in JSON. */
const PLATFORM_FIELDS: readonly string[] = ['return_code', 'req_info', 'change_type', 'event_ciphertext']

/**
 * Returns whether fields are a notification's. Without HTTP around it, a payment's is told from the response to a query
 * by `trade_state`.
 */
function isNotification(fields: XmlFields, kind: MessageKind): boolean {
  const isFromPlatform = PLATFORM_FIELDS.some(name => fields[name])
  if (kind === 'request') return isFromPlatform
  return isFromPlatform && (!fields.return_code || Boolean(fields.req_info ?? (fields.time_end && !fields.trade_state)))
}

/** Returns the signed text of APIv2, and the usual mistake that would explain an invalid `sign`. */
async function explainFields(fields: XmlFields, account: Account): Promise<SignatureExplanation | undefined> {
  const apiv2Key = keyOf(account)
  if (!fields.sign || apiv2Key === undefined) return undefined
  const params = Object.fromEntries(
    Object.entries(fields).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  )
  const declared = params.sign?.length === 64 ? 'HMAC-SHA256' : 'MD5'
  const { crypto } = account
  const keys = { merchant: { apiv2Key }, hmacKey: await importHmacKey(apiv2Key, crypto), crypto }
  return explainV2(params, declared, keys)()
}

function keyOf({ apiv2Key }: Account): string | undefined {
  try {
    return apiv2Key()
  } catch {
    return undefined
  }
}

async function contentOf(message: Message, account: Account, brand?: SigningAccount): Promise<Content> {
  try {
    const decrypted = await decryptMessage(message.body, account, undefined, brand)
    return decrypted ? { kind: 'decrypted', ...decrypted } : { kind: 'not-encrypted' }
  } catch (error) {
    if (error instanceof WechatpayError)
      return isEmptyText(message.body) ? { kind: 'not-encrypted' } : { kind: 'failed', error }
    throw error
  }
}

const isEmptyText = (body: string): boolean => body.trim() === '' || !(isXmlBody(body) || /^\s*[[{]/.test(body))
