import type { RequestOptions } from '../../core/client.ts'
import type { Reply, Wechatpay } from '../../core/index.ts'
import { findContradiction, mismatchError } from '../../flows/response-match.ts'
import type { Caller } from '../caller/caller.ts'
import { safePathname } from '../caps/allow.ts'
import { amountOf, refuseOverCap } from '../caps/amounts.ts'
import type { GatewayContext } from '../context.ts'
import { refuseLoop } from '../fixed-ip/request.ts'
import { isUnlistedIp, withHint } from '../fixed-ip/unlisted.ts'
import { redactCall } from '../log/redact-call.ts'
import { Refusal } from '../problem.ts'
import type { Increment } from '../store/counts.ts'
import { type AuditedCall, audited } from './audited.ts'
import type { CallBodies } from './call-bodies.ts'
import { type CallResponse, responseOfError, responseOfReply } from './call-response.ts'
import { derivedKey, hashOf, idempotencyKey } from './idempotency.ts'
import { queryOf, readInput } from './input.ts'
import { MCHID_HEADER, merchantOf } from './merchant.ts'
import { refuseOtherMethods, refuseUnsignedQuery } from './method.ts'
import { refuseUnreachableNotifyUrl } from './notify-url.ts'
import { numbersOf } from './numbers.ts'
import { mayBeSentTwice } from './repeatable.ts'
import { maxFormBytes, takesFile } from './takes-file.ts'
import { streamedUpload } from './upload.ts'

/** A request that was let in. */
export interface Admitted {
  readonly request: Request
  readonly caller: Caller
  /** The gateway's own, for this request. */
  readonly requestId: string
  /** Reads a body whole, within the room that there is for bodies. */
  readonly readBody: CallBodies['read']
  /** Is told for which merchant it is, as soon as that is known. */
  readonly noteMerchant: (mchid: string) => void
  /** Takes on what goes on when the answer has left. */
  readonly background: (work: Promise<unknown>) => void
  /** Returns what a call to WeChat Pay counts that came to this answer. */
  readonly countsOf: (mchid: string, response: CallResponse) => readonly Increment[]
}

/** What a call to WeChat Pay is made of. */
export interface Outgoing {
  readonly mchid: string
  readonly client: Wechatpay
  readonly method: string
  /** With its API before it: `/v3/pay/…`, `/v2/pay/…`. */
  readonly path: string
  readonly options: RequestOptions
  /** What the message says: the body, or the `meta` of an upload. */
  readonly body: unknown
  /** The bytes of JSON, for who has to tell two requests apart; undefined of a stream. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
}

/** WeChat Pay's own headers that a caller may set as they are. */
const FORWARDED: readonly string[] = ['Wechatpay-Negative-Test']

/** The way of a call through the gateway: read, its merchant found, its amount within bounds, signed, sent, answered. */
export async function relay(admitted: Admitted, context: GatewayContext): Promise<CallResponse & { mchid: string }> {
  const outgoing = await read(admitted, context)
  if (context.log.level === 'debug') logMessage(admitted, outgoing, context)
  const { mchid, client, method, path, options } = outgoing
  refuseOverCap(admitted.caller, apiOf(path), method, definedPath(path), outgoing.body)
  refuseUnreachableNotifyUrl(outgoing.body, context.publicUrl)
  refuseLoop(admitted.request, method, path, context)
  const send = async (signal?: AbortSignal) => {
    const reply = await context.requestFor({ mchid, client }, method, path, { ...options, signal }, admitted.background)
    if (method !== 'GET') refuseForeign(outgoing.body, reply)
    return responseOfReply(reply, apiOf(path))
  }
  const response =
    method === 'GET'
      ? await send().catch(error => responseOfError(error, admitted.requestId, { changes: false }))
      : await audited(await auditOf(admitted, outgoing), context, send)
  if (!isUnlistedIp(response)) return { mchid, ...response }
  context.log.warn('unlisted address', { mchid, method, path })
  return { mchid, ...withHint(response) }
}

/**
 * Refuses the response to another call: a proxy can mix up two, or send an earlier one again, for no signature covers the URL.
 *
 * @throws {ResponseMismatchError} the call may have taken effect
 */
function refuseForeign(body: unknown, reply: Reply<unknown>): void {
  const field = findContradiction(Object(body), Object(reply.data))
  if (field !== undefined) throw mismatchError(field, reply, true)
}

async function read(admitted: Admitted, context: GatewayContext): Promise<Outgoing> {
  const { request, caller } = admitted
  const { pathname, searchParams } = new URL(request.url)
  const path = safePathname(pathname)
  const { method } = request
  refuseOtherMethods(method, path)
  refuseUnsignedQuery(method, path, searchParams)
  const params = queryOf(searchParams)
  const headers = await forwardedHeaders(admitted)
  const named = request.headers.get(MCHID_HEADER) ?? undefined
  // These refuse without reading the body.
  if (named !== undefined) merchantOf(admitted, named, [], context)
  refuseOverCap(caller, apiOf(path), method, definedPath(path), undefined)
  const mayStream = takesFile(method, path) && method === 'POST' && !request.headers.has('Idempotency-Key')
  const upload = mayStream ? await streamedUpload(request, path) : undefined
  if (upload && 'options' in upload) {
    const { options, meta } = upload
    const merchant = merchantOf(admitted, named, [params, meta], context)
    return { ...merchant, method, path, options: { ...options, params }, body: meta, bytes: undefined }
  }
  const { body, bytes } = await readInput(upload?.request ?? request, admitted.readBody, maxFormBytes(method, path))
  const merchant = merchantOf(admitted, named, [params, body], context)
  return { ...merchant, method, path, options: { params, headers, body }, body, bytes }
}

async function forwardedHeaders({ request, caller }: Admitted): Promise<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of FORWARDED) {
    const value = request.headers.get(name)
    if (value !== null) headers[name] = value
  }
  const key = idempotencyKey(request)
  if (key !== null) headers['Idempotency-Key'] = await derivedKey(caller.name, key)
  return headers
}

/** Logs what a call says, as far as it is nobody's own. */
function logMessage(
  { requestId }: Admitted,
  { mchid, method, path, options, body }: Outgoing,
  { log }: GatewayContext,
): void {
  log.debug('message', { requestId, mchid, method, ...redactCall({ method, path, query: options.params, body }) })
}

/** Characters of a path that the audit trail keeps: it keeps all or the call is refused. */
const MAX_PATH = 1024

/**
 * Makes the line of the audit trail that a call begins with.
 *
 * @throws {Refusal} 400 `PATH_INVALID` the path is too long
 * @throws {CallError} `BODY_INVALID` a number is too long
 */
export async function auditOf(
  { request, caller, requestId: id, background, countsOf }: Admitted,
  { mchid, method, path, body, bytes }: Outgoing,
): Promise<AuditedCall> {
  if (path.length > MAX_PATH)
    throw new Refusal({
      status: 400,
      code: 'PATH_INVALID',
      detail: `The path has ${path.length} characters; give at most ${MAX_PATH}.`,
    })
  const key = idempotencyKey(request)
  const amount = amountOf(apiOf(path), method, definedPath(path), body)
  return {
    id,
    caller: caller.name,
    mchid,
    method,
    path,
    body,
    key,
    background,
    countsOf: response => countsOf(mchid, response),
    numbers: numbersOf(body),
    amount: typeof amount === 'string' ? null : amount.total,
    hash: key === null ? null : await hashOf(request, mchid, { body, bytes }),
    isRepeatable: mayBeSentTwice(method, path, body),
  }
}

/** `/checkout/…` places orders of APIv3. */
export const apiOf = (path: string): 'v2' | 'v3' => (path.startsWith('/v2/') ? 'v2' : 'v3')
/** The path as the definitions have it. */
const definedPath = (path: string): string => path.replace(/^\/v2(?=\/)/, '')
