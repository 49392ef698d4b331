import { wechatpay } from '../../../adapters/gateway-client.ts'
import { Wechatpay } from '../../../core/index.ts'
import type { Reply } from '../../../definitions/call.ts'
import { NO_CREATION, simulatorUrl } from '../../api.ts'
import type { DefinedEndpoint } from '../definition.ts'
import type { CallValues } from '../form-value.ts'
import { filledPath, headerTexts } from '../samples.ts'
import { loadCredentials, type SimulatorCredentials } from './credentials.ts'
import { createRecordingFetch, type RecordedExchange } from './recorded.ts'
import { signedTextOf } from './signed-text.ts'
import { type VerificationStep, verifyStepByStep } from './verification.ts'

/** The result of a call, whether it succeeded or not. */
export interface CallResult {
  /** Absent: nothing was sent. */
  readonly exchange?: RecordedExchange
  readonly signedText?: string | undefined
  /** The verification, computed from the response; absent if a gateway verifies. */
  readonly steps?: readonly VerificationStep[]
  /** The key that the client, or the gateway, has verified the response with. */
  readonly verifiedBy?: string | undefined
  /** The verified and decrypted content of the response. */
  readonly data?: unknown
  /** Bytes of a file. */
  readonly fileSize?: number
  readonly failure?: CallFailure
  readonly milliseconds: number
}

/** Why a call failed. */
export interface CallFailure {
  readonly name: string
  readonly code: string
  /** The code of the gateway, if it refused the call. */
  readonly gatewayCode?: string
  readonly message: string
}

/** Makes a call with the client of this package, against the simulator that serves the page. */
export async function sendToSimulator(endpoint: DefinedEndpoint, values: CallValues): Promise<CallResult> {
  const began = performance.now()
  const exchanges: RecordedExchange[] = []
  let credentials: SimulatorCredentials
  try {
    credentials = await loadCredentials()
  } catch (error) {
    return { failure: failureOf(error), milliseconds: 0 }
  }
  const { merchant, brand, now } = credentials
  const clock = (): number => now + performance.now() - began
  const recordingFetch = createRecordingFetch(exchanges, NO_CREATION)
  const result = await settle(async () => {
    const client = new Wechatpay({
      ...merchant,
      ...(brand && { brand }),
      baseUrl: simulatorUrl,
      fetch: recordingFetch,
      // A page cannot present a client certificate; the simulator asks for none over HTTP.
      mtlsFetch: recordingFetch,
      now: clock,
      retry: false,
    })
    const path = filledPath(endpoint.name, values.placeholders).slice(1)
    return client.request(endpoint.method, path, {
      params: values.query,
      body: values.body,
      headers: headerTexts(values.headers),
    })
  })
  const exchange = exchanges.at(-1)
  const keys = {
    ...credentials.certificates,
    ...(endpoint.api === 'brand' ? brand?.platformKeys : merchant.platformKeys),
  }
  const isVerified = endpoint.api !== 'v2' && exchange?.response && endpoint.response.kind !== 'file'
  return {
    ...(isVerified && (await settleSteps(() => verifyStepByStep(exchange.response!, keys, clock())))),
    ...result,
    ...(exchange && { exchange, signedText: signedTextOf(exchange) }),
    milliseconds: Math.round(performance.now() - began),
  }
}

/** A gateway, and how the page identifies itself to it. */
export interface GatewayTarget {
  /** URL or path on the origin of the page; empty for the origin itself. */
  readonly baseUrl: string
  /** Token of a caller. */
  readonly token: string
}

/** Makes a call through a gateway, which signs it and verifies the response. */
export async function sendThroughGateway(
  endpoint: DefinedEndpoint,
  values: CallValues,
  { baseUrl, token }: GatewayTarget,
): Promise<CallResult> {
  const began = performance.now()
  const exchanges: RecordedExchange[] = []
  const result = await settle(async () => {
    const client = wechatpay({
      gateway: new URL(baseUrl, location.origin).href,
      fetch: createRecordingFetch(exchanges),
      ...(token !== '' && { headers: { Authorization: `Bearer ${token}` } }),
    })
    const path = endpoint.name.split('/').slice(2).join('/')
    const verb = endpoint.method.toLowerCase() as 'get' | 'post'
    const options = { ...values.placeholders, params: values.query, headers: headerTexts(values.headers) }
    const hasBody = ['POST', 'PUT', 'PATCH'].includes(endpoint.method)
    // biome-ignore lint/suspicious/noExplicitAny: the types of a chain are generated, endpoint by endpoint
    const call = (client[endpoint.api] as any)[`${path}/`][verb]
    return hasBody
      ? call(values.body, options)
      : call({ ...options, ...(values.body !== undefined && { body: values.body }) })
  })
  const [exchange] = exchanges
  return { ...result, ...(exchange && { exchange }), milliseconds: Math.round(performance.now() - began) }
}

/** Waits for a call, and turns its error into a result. */
async function settle(
  call: () => Promise<Reply<unknown>>,
): Promise<Pick<CallResult, 'data' | 'fileSize' | 'verifiedBy' | 'failure'>> {
  try {
    const { data, verifiedBy } = await call()
    if (!(data instanceof ReadableStream)) return { data, verifiedBy }
    const bytes = await new Response(data).arrayBuffer()
    return { fileSize: bytes.byteLength, verifiedBy }
  } catch (error) {
    return { failure: failureOf(error), verifiedBy: (error as { verifiedBy?: string }).verifiedBy }
  }
}

/** Waits for the steps of a verification, and turns their error into a result. */
async function settleSteps(
  verifySteps: () => Promise<readonly VerificationStep[]>,
): Promise<Pick<CallResult, 'steps' | 'failure'>> {
  try {
    return { steps: await verifySteps() }
  } catch (error) {
    return { failure: failureOf(error) }
  }
}

function failureOf(error: unknown): CallFailure {
  const { name = 'Error', code = '', gatewayCode, message = String(error) } = Object(error) as Partial<CallFailure>
  return { name, code: String(code), ...(gatewayCode !== undefined && { gatewayCode }), message }
}
