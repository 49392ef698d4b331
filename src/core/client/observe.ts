import type { Api } from '../../definitions/call.ts'
import type { WechatpayError } from '../base/errors.ts'
import type { Call } from '../protocol/call.ts'
import { senderOf, type Wechatpay } from './client.ts'
import type { CallObserver, Sender } from './send-call.ts'

/** The parts of an event that all events of a call have. */
export interface CallEvent {
  /** Identifies the call among all calls: a UUID. Events of one call have the same. */
  readonly callId: string
  /** The merchant (商户号) of the client; absent for a call of the brand API. */
  readonly mchid?: string
  /** The brand (品牌 ID) of the client, for a call of the brand API. */
  readonly brandId?: string
  readonly api: Api
  /** The HTTP method, upper case. */
  readonly method: string
  /**
   * The path of the definition, with its placeholders: `/v3/pay/transactions/id/{transaction_id}`; APIv2 without `/v2`.
   * Absent for `wxpay.fetch`, and for `wxpay.request` without the option `template`, because a path that is filled in
   * may contain personal data.
   */
  readonly template?: string
  /** The number of the attempt, from 1; 0 while nothing was sent. */
  readonly attempt: number
}

/** An attempt has been signed, and is about to be sent. */
export interface RequestEvent extends CallEvent {
  /** The host, with its port if it is not the usual one: `api.mch.weixin.qq.com`. */
  readonly host: string
}

/** A response has been read and verified, or reading or verifying it has failed. */
export interface ResponseEvent extends RequestEvent, Partial<FailureFacts> {
  /** Milliseconds since the request event. */
  readonly duration: number
  /** The HTTP status. */
  readonly status: number
}

/** An attempt has failed, and another follows. */
export interface RetryEvent extends CallEvent, FailureFacts {
  /** The host of the last attempt; absent if nothing was sent, because a signer failed. */
  readonly host?: string
  /** Milliseconds since the last request event, or since the call began. */
  readonly duration: number
  /** Milliseconds until the next attempt. */
  readonly delay: number
}

/** A call has failed: it rejects with this error. A call that succeeds ends with its last response event. */
export interface ErrorEvent extends CallEvent, FailureFacts {
  /** The host of the last attempt; absent if nothing was sent. */
  readonly host?: string
  /** Milliseconds since the call began. */
  readonly duration: number
}

/** The facts of an error that are neither secret nor personal. */
export interface FailureFacts {
  /** `code` of the error: `TIMEOUT`, `SERVICE_ERROR`, `BODY_INVALID`. For errors that are not of this library, their name. */
  readonly code: string
  /** WeChat Pay's own code: `ORDER_NOT_EXIST`. */
  readonly serviceCode?: string
  /** The HTTP status, if a response arrived. */
  readonly status?: number
  /** `Request-ID`, which WeChat Pay's support asks for. */
  readonly requestId?: string
  /** Proof of the response, as in `Reply`. */
  readonly verifiedBy?: string
  /** Whether the call may have taken effect, money included. */
  readonly mayHaveTakenEffect: boolean
}

/** A notification has been verified and read, or refused. */
export interface NotificationEvent {
  /** The merchant (商户号) of the client; absent for a notification of the brand API. */
  readonly mchid?: string
  /** The brand (品牌 ID) of the client, for a notification of the brand API. */
  readonly brandId?: string
  readonly api: Api
  /** The event, if it was verified: `TRANSACTION.SUCCESS`. */
  readonly event?: string
  /** APIv3 and brand API only: the id of the notification. That of APIv2 consists of numbers of the order, the contract or a car. */
  readonly id?: string
  /** Proof that it is WeChat Pay's, as in `Notification`. */
  readonly verifiedBy?: string
  /** `code` of the error with which it was refused: `SIGNATURE_INVALID`. */
  readonly refused?: string
}

/** Functions that are called with the events of a client. All are optional. */
export interface Observers {
  readonly request?: (event: RequestEvent) => unknown
  readonly response?: (event: ResponseEvent) => unknown
  readonly retry?: (event: RetryEvent) => unknown
  readonly error?: (event: ErrorEvent) => unknown
  readonly notification?: (event: NotificationEvent) => unknown
}

/** The observers of each client, in the order in which they were added. */
const observersOf = new WeakMap<Sender, Set<Observers>>()

/**
 * Observes the calls of a client, whoever makes them (chains, `request`, `fetch`, flows, the gateway), its downloads of
 * WeChat Pay's keys, and the notifications that it verifies.
 *
 * Each attempt of a call begins with `request`. `response` follows when its response has been verified or could not be,
 * `retry` when another attempt follows, `error` when the call fails. Events contain no key, no body, no query and no
 * value of a path.
 *
 * An observer is called synchronously, in the asynchronous context of the call, so that tracing finds the caller's span.
 * It cannot change a call: its result is ignored, and so is an error that it throws or rejects with. A client that
 * nobody observes does no work for events.
 *
 * @param client the client
 * @param observers functions by event
 * @returns a function that ends the observation; calls that have begun are observed to their end
 * @example
 * ```ts
 * const stop = observe(wxpay, {
 *   response: ({ method, template, status, duration }) => console.log(method, template, status, `${duration} ms`),
 *   retry: ({ code, delay }) => console.warn(`${code}: again in ${delay} ms`),
 *   error: ({ code, serviceCode, requestId, mayHaveTakenEffect }) =>
 *     console.error(code, serviceCode, requestId, mayHaveTakenEffect ? 'IN DOUBT' : ''),
 *   notification: ({ event, refused }) => console.log(event ?? `refused: ${refused}`),
 * })
 * ```
 */
export function observe(client: Wechatpay, observers: Observers): () => void {
  const sender = senderOf(client)
  const all = observersOf.get(sender) ?? new Set()
  observersOf.set(sender, all)
  // A copy, so that the same object may observe twice, and ends once for each.
  const own = { ...observers }
  all.add(own)
  const { crypto = globalThis.crypto } = sender.options
  sender.observe = (call, api) =>
    observeCall(call, { callId: crypto.randomUUID(), ...accountFacts(sender, api), api }, [...all])
  return () => {
    all.delete(own)
    if (all.size === 0) sender.observe = undefined
  }
}

/** Calls the observers of an event. An error of one neither reaches the call nor the others. */
function emit<Type extends keyof Observers>(
  observers: Iterable<Observers>,
  type: Type,
  event: Parameters<NonNullable<Observers[Type]>>[0],
): void {
  const frozen = Object.freeze(event)
  for (const observer of observers) {
    const listener = observer[type] as ((event: unknown) => unknown) | undefined
    // The executor of a promise runs at once, and what it throws rejects the promise.
    new Promise(resolve => resolve(listener?.(frozen))).catch(() => {})
  }
}

type AccountFacts = Pick<CallEvent, 'brandId' | 'mchid'>

/** Names the merchant, or the brand for the brand API. */
function accountFacts({ credentials, brandCredentials }: Sender, api: Api): AccountFacts {
  if (api === 'brand') return brandCredentials ? { brandId: brandCredentials.account.id } : {}
  return credentials ? { mchid: credentials.account.mchid } : {}
}

function observeCall(
  { method, template }: Call,
  known: Omit<CallEvent, 'attempt' | 'method' | 'template'>,
  observers: readonly Observers[],
): CallObserver {
  const call = { ...known, method, ...(template !== undefined && { template }) }
  const began = performance.now()
  const sinceThen = (then: number): number => Math.round(performance.now() - then)
  let last: Attempt | undefined
  /** Ends the last attempt, whose response may still be on its way when its time is up. */
  const endAttempt = (): Pick<RetryEvent, 'attempt' | 'host'> => {
    if (last) last.isOver = true
    return last?.facts ?? { attempt: 0 }
  }

  return {
    request(baseUrl) {
      const facts = { attempt: (last?.facts.attempt ?? 0) + 1, host: new URL(baseUrl).host }
      last = { facts, since: performance.now(), isOver: false }
      emit(observers, 'request', { ...call, ...facts })
    },
    async response({ status, headers }, reading) {
      const attempt = last!
      const { facts, since } = attempt
      const emitResponse = (found: Partial<FailureFacts>): void => {
        if (attempt.isOver) return
        const requestId = headers.get('request-id')
        const proven = { ...(requestId !== null && { requestId }), ...found, status }
        emit(observers, 'response', { ...call, ...facts, ...proven, duration: sinceThen(since) })
      }
      try {
        const value = await reading
        const { verifiedBy } = Object(value) as { verifiedBy?: string }
        emitResponse(verifiedBy === undefined ? {} : { verifiedBy })
        return value
      } catch (error) {
        emitResponse(factsOf(error))
        throw error
      }
    },
    retry(failure, milliseconds) {
      const duration = sinceThen(last?.since ?? began)
      const delay = Math.round(milliseconds)
      emit(observers, 'retry', { ...call, ...endAttempt(), ...factsOf(failure), duration, delay })
    },
    error(error) {
      emit(observers, 'error', { ...call, ...endAttempt(), ...factsOf(error), duration: sinceThen(began) })
    },
  }
}

interface Attempt {
  readonly facts: Pick<RequestEvent, 'attempt' | 'host'>
  readonly since: number
  isOver: boolean
}

/** Picks what may be shown of an error; its message may contain values of the call. */
function factsOf(error: unknown): FailureFacts {
  const { code, name, serviceCode, status, requestId, verifiedBy, mayHaveTakenEffect } = Object(
    error,
  ) as Partial<FailureFacts> & Partial<WechatpayError>
  const shown = { serviceCode, status, requestId, verifiedBy }
  return {
    code: typeof code === 'string' ? code : typeof name === 'string' ? name : 'Error',
    mayHaveTakenEffect: mayHaveTakenEffect === true,
    ...(Object.fromEntries(Object.entries(shown).filter(([, value]) => value !== undefined)) as Partial<FailureFacts>),
  }
}

/**
 * Reports a notification to the observers of a client.
 *
 * @param facts what is known of it, without merchant and brand
 */
export function emitNotification(client: Wechatpay, facts: Omit<NotificationEvent, keyof AccountFacts>): void {
  const sender = senderOf(client)
  if (!sender.observe) return
  emit([...(observersOf.get(sender) ?? [])], 'notification', { ...accountFacts(sender, facts.api), ...facts })
}

/** Returns the code with which a notification is refused. */
export const refusalCodeOf = (error: unknown): string => factsOf(error).code
