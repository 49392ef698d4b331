import type { RequestOptions } from '../../core/client/client.ts'
import type { Reply, Wechatpay } from '../../core/index.ts'
import { apiOfPath } from '../../definitions/api-of-path.ts'
import { findContradiction, mismatchError } from '../../flows/response-match.ts'
import type { Caller } from '../caller/caller.ts'
import { isForm } from '../caller/cross-site.ts'
import { movedBy, refuseOverCap } from '../caps/amounts.ts'
import type { GatewayContext } from '../context.ts'
import { refuseLoop } from '../fixed-ip/request.ts'
import { isUnlistedIp, withHint } from '../fixed-ip/unlisted.ts'
import { redactCall } from '../log/redact-call.ts'
import { Refusal } from '../problem.ts'
import type { Increment } from '../store/counts.ts'
import { type AuditedCall, makeAuditedCall } from './audited-call.ts'
import type { CallBodies } from './call-bodies.ts'
import { type CallResponse, responseOfError, responseOfReply } from './call-response.ts'
import { derivedKey, hashOf, idempotencyKey } from './idempotency.ts'
import { queryOf, readInput } from './input.ts'
import { MCHID_HEADER, merchantOf } from './merchant.ts'
import { refuseBodyOfGet, refuseOtherMethods, refuseUnsignedQuery } from './method.ts'
import { refuseUnreachableNotifyUrl } from './notify-url.ts'
import { numbersOf } from './numbers.ts'
import { isIdempotent } from './repeatable.ts'
import { streamUpload } from './upload.ts'
import { acceptsFile, maxFormBytes } from './upload-limits.ts'

/** A request whose caller is admitted. */
export interface Admitted {
  readonly request: Request
  readonly url: URL
  /** The path of the URL without a slash at its end, which nobody can interpret as another path. */
  readonly path: string
  readonly caller: Caller
  /** The gateway's id of the request. */
  readonly requestId: string
  /** The valid `traceparent` of the request, or that of its span. */
  readonly traceparent?: string | undefined
  /** Reads a whole body, within the memory for bodies. */
  readonly readBody: CallBodies['read']
  /** Called with the merchant as soon as it is known. */
  readonly onMerchant: (mchid: string) => void
  /** Keeps work running after the response. */
  readonly background: (work: Promise<unknown>) => void
  /** Returns the increments to count for the response to a call. */
  readonly countsOf: (mchid: string, response: CallResponse) => readonly Increment[]
}

/** A call to WeChat Pay. */
export interface Outgoing {
  readonly mchid: string
  readonly client: Wechatpay
  readonly method: string
  /** Beginning with its API: `/v3/pay/…`, `/v2/pay/…`, `/brand/…`. */
  readonly path: string
  readonly options: RequestOptions
  /** The body, or the `meta` of an upload. */
  readonly body: unknown
  /** The bytes of JSON, for comparing two requests; undefined for a stream. */
  readonly bytes: Uint8Array<ArrayBuffer> | undefined
  /** Returns the refusal of a body that failed while it was forwarded. */
  readonly bodyFailure?: () => Refusal | undefined
}

/** WeChat Pay's headers that are forwarded from the caller unchanged. */
const FORWARDED: readonly string[] = ['Wechatpay-Negative-Test']

/** Relays a call to WeChat Pay: reads it, determines its merchant, checks its amount, signs and sends it, and returns the response. */
export async function relay(admitted: Admitted, context: GatewayContext): Promise<CallResponse & { mchid: string }> {
  const outgoing = await readCall(admitted, context)
  if (context.log.level === 'debug') logMessage(admitted, outgoing, context)
  const { mchid, client, method, path, options } = outgoing
  refuseOverCap(admitted.caller, apiOfPath(path), method, definedPath(path), outgoing.body)
  refuseUnreachableNotifyUrl(outgoing.body, context.publicUrl)
  refuseLoop(admitted.request, method, path, context)
  const send = async (signal?: AbortSignal) => {
    const reply = await context
      .requestFor(
        { mchid, client, traceparent: admitted.traceparent },
        method,
        path,
        { ...options, signal },
        admitted.background,
      )
      .catch(error => {
        throw outgoing.bodyFailure?.() ?? error
      })
    if (method !== 'GET') refuseMismatch(outgoing.body, reply)
    return responseOfReply(reply, apiOfPath(path))
  }
  const response =
    method === 'GET'
      ? await send().catch(error => responseOfError(error, admitted.requestId, { changes: false }))
      : await makeAuditedCall(await auditEntryOf(admitted, outgoing), context, send)
  if (!isUnlistedIp(response)) return { mchid, ...response }
  context.log.warn('unlisted address', { mchid, method, path })
  return { mchid, ...withHint(response) }
}

/**
 * Refuses the response to another call. The signature of a response does not cover the URL, so a proxy can mix up two responses or
 * replay one.
 *
 * @throws {ResponseMismatchError} the call may have taken effect
 */
function refuseMismatch(body: unknown, reply: Reply<unknown>): void {
  const field = findContradiction(Object(body), Object(reply.data))
  if (field !== undefined) throw mismatchError(field, reply, true)
}

async function readCall(admitted: Admitted, context: GatewayContext): Promise<Outgoing> {
  const { request, caller } = admitted
  const { path, url } = admitted
  const { searchParams } = url
  const { method } = request
  refuseOtherMethods(method, path)
  refuseUnsignedQuery(method, path, searchParams)
  refuseBodyOfGet(request)
  const params = queryOf(searchParams)
  const headers = await forwardedHeaders(admitted)
  const named = request.headers.get(MCHID_HEADER) ?? undefined
  // Checked before the body is read, so that a refusal costs nothing.
  if (named !== undefined) merchantOf(admitted, named, [], context)
  refuseOverCap(caller, apiOfPath(path), method, definedPath(path), undefined)
  const hasForm = isForm(request)
  const mayStream = hasForm && method === 'POST' && !request.headers.has('Idempotency-Key') && acceptsFile(method, path)
  const upload = mayStream ? await streamUpload(request, path) : undefined
  if (upload && 'options' in upload) {
    const { options, meta, bodyFailure } = upload
    const merchant = merchantOf(admitted, named, [params, meta], context)
    return { ...merchant, method, path, options: { ...options, params }, body: meta, bytes: undefined, bodyFailure }
  }
  const maxBytes = hasForm ? maxFormBytes(method, path) : 0
  const { body, bytes } = await readInput(upload?.request ?? request, admitted.readBody, maxBytes)
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

/** Logs the redacted content of a call. */
function logMessage(
  { requestId }: Admitted,
  { mchid, method, path, options, body }: Outgoing,
  { log }: GatewayContext,
): void {
  log.debug('message', { requestId, mchid, method, ...redactCall({ method, path, query: options.params, body }) })
}

/** Maximum length of a path. A longer one is refused, because the audit trail must not truncate it. */
const MAX_PATH = 1024

/**
 * Creates the audit entry of a call.
 *
 * @throws {Refusal} 400 `PATH_INVALID`: the path is too long
 * @throws {CallError} `BODY_INVALID`: a number is too long
 */
export async function auditEntryOf(
  { request, caller, requestId: id, background, countsOf }: Admitted,
  { mchid, method, path, body, bytes }: Outgoing,
): Promise<AuditedCall> {
  if (path.length > MAX_PATH)
    throw new Refusal({
      status: 400,
      code: 'PATH_INVALID',
      detail: `The path has ${path.length} characters; use at most ${MAX_PATH}.`,
    })
  const key = idempotencyKey(request)
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
    amount: movedBy(apiOfPath(path), method, definedPath(path), body) ?? null,
    hash: key === null ? null : await hashOf(request, mchid, { body, bytes }),
    isRepeatable: isIdempotent(method, path, body),
  }
}

/** Returns the path as in the definitions, where APIv2 has no prefix. */
const definedPath = (path: string): string => path.replace(/^\/v2(?=\/)/, '')
