import { WechatpayError } from '../../core/base/errors.ts'
import type { Endpoint } from '../../simulator/catalogue/catalogue.ts'
import { findEndpoint } from '../../simulator/catalogue/find.ts'
import type { Field } from '../../simulator/catalogue/shape.ts'
import { fieldsOf } from '../record/fields.ts'
import { parseBody } from '../record/kept-body.ts'
import { type Exchange, recordExchange } from '../record/record-exchange.ts'
import type { RecordedBody, RecordedExchange, RecordedObject } from '../record/recording.ts'
import { createNumbering } from '../record/references.ts'
import { createReplaySession, type ReplaySession } from './replay-session.ts'
import { makeFields } from './request-values.ts'

/** The calls that a replay has sent, and those that it could not send. */
export interface Replayed {
  readonly exchanges: readonly RecordedExchange[]
  /** `POST /v3/…: reason`. */
  readonly skipped: readonly string[]
}

/**
 * Sends the calls of a recording to a simulator in this process, in their order: with samples where the recording has shapes, the same
 * text wherever the recording had the same, and the numbers that the simulator assigned where the recording used assigned ones. An order that
 * was paid by the next query is paid here as well. Nothing leaves this process.
 *
 * @param allowed words that the user has allowed, besides those of the definitions
 */
export async function replayRecording(
  recorded: readonly RecordedExchange[],
  allowed: readonly string[],
): Promise<Replayed> {
  const session = await createReplaySession(allowed)
  const recorder = { vocabulary: session.vocabulary, numberText: createNumbering() }
  const exchanges: RecordedExchange[] = []
  const skipped: string[] = []
  for (const exchange of recorded) {
    const { method, path } = exchange.request
    const outcome = await replayExchange(exchange, session)
    if (typeof outcome === 'string') skipped.push(`${method} ${path}: ${outcome}`)
    else exchanges.push(recordExchange(outcome, recorder))
  }
  return { exchanges, skipped }
}

/** @returns the exchange with the simulator, or why there was none */
async function replayExchange(recorded: RecordedExchange, session: ReplaySession): Promise<Exchange | string> {
  const { request, response } = recorded
  const endpoint = replayableEndpoint(recorded)
  if (typeof endpoint === 'string') return endpoint
  const make = (object: RecordedObject, fields: readonly Field[]) => makeFields(object, fields, endpoint, session)
  const parameters = make(request.parameters, endpoint.parameters.path)
  const params = make(request.query, endpoint.parameters.query)
  const body = request.body.type === 'object' ? make(request.body, fieldsOf(endpoint.body)) : undefined
  payIfPaid(parameters, body, response.body, session)
  session.takeExchange()
  try {
    const { data } = await session.client.request(request.method, pathOf(endpoint, parameters), {
      params,
      ...(body && { body: withoutSignature(body, endpoint) }),
    })
    if (data instanceof ReadableStream) await data.cancel()
  } catch (error) {
    if (!(error instanceof WechatpayError)) throw error
    const exchange = session.takeExchange()
    if (!exchange) return `the client refuses it (${error.code})`
    return learnFrom(exchange, response.body, session)
  }
  const exchange = session.takeExchange()
  return exchange ? learnFrom(exchange, response.body, session) : 'the client has not sent it'
}

/** @returns the endpoint of a recorded call, or why the call cannot be sent */
function replayableEndpoint({ request }: RecordedExchange): Endpoint | string {
  if (!request.isDefined) return 'the definitions do not have it'
  const found = findEndpoint(request.method, request.path)
  if (typeof found === 'string' || found.endpoint.path !== request.path) return 'this version does not have it'
  if (found.endpoint.upload) return 'an upload'
  const { type } = request.body
  return type === 'none' || type === 'object' ? found.endpoint : `its body was not recorded (${type})`
}

function pathOf({ api, path }: Endpoint, parameters: Readonly<Record<string, unknown>>): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((Object.hasOwn(parameters, name) ? parameters[name] : undefined) ?? 'x')),
  )
  return `${api === 'v2' ? 'v2' : ''}${filled}`.replace(/^\//, '')
}

/** The client signs messages of APIv2 itself. */
const SIGNED: ReadonlySet<string> = new Set(['sign', 'nonce_str'])
const withoutSignature = (body: Record<string, unknown>, { api }: Endpoint): Record<string, unknown> =>
  api === 'v2' ? Object.fromEntries(Object.entries(body).filter(([name]) => !SIGNED.has(name))) : body

/** Pays an order before the query that found it paid, because the shopper is not in a recording. */
function payIfPaid(
  parameters: Readonly<Record<string, unknown>>,
  body: Readonly<Record<string, unknown>> | undefined,
  response: RecordedBody,
  { simulator }: ReplaySession,
): void {
  if (response.type !== 'object') return
  const state = response.fields.trade_state
  const out_trade_no = parameters.out_trade_no ?? body?.out_trade_no
  if (state?.type !== 'string' || state.value !== 'SUCCESS' || typeof out_trade_no !== 'string') return
  try {
    simulator.pay({ out_trade_no })
  } catch {
    // It has been paid already, or its order was not recorded: the comparison shows what follows.
  }
}

/** Learns which texts of the simulator stand where the recording has numbers. */
function learnFrom(exchange: Exchange, recorded: RecordedBody, { texts }: ReplaySession): Exchange {
  if (typeof exchange.responseBody !== 'string') learnTexts(recorded, parseBody(exchange.responseBody), texts)
  return exchange
}

function learnTexts(recorded: RecordedBody, actual: unknown, texts: Map<number, string>): void {
  if (recorded.type === 'string') {
    if (recorded.ref !== undefined && typeof actual === 'string' && !texts.has(recorded.ref))
      texts.set(recorded.ref, actual)
  } else if (recorded.type === 'array') {
    if (Array.isArray(actual)) for (const [at, item] of recorded.items.entries()) learnTexts(item, actual[at], texts)
  } else if (recorded.type === 'object' && typeof actual === 'object' && actual !== null)
    for (const [name, below] of Object.entries(recorded.fields))
      if (Object.hasOwn(actual, name)) learnTexts(below, (actual as Record<string, unknown>)[name], texts)
}
