import { CASHIER_PATH } from '../simulator/accounts/orders/order-presentation.ts'
import { merchant } from './merchant.ts'

/** The page is at `/console/` of the origin, or at `/ns/a/console/` for a namespace. */
const prefix = /^\/ns\/[^/]+(?=\/)/.exec(location.pathname)?.[0] ?? ''

/**
 * Address that takes the place of `https://api.mch.weixin.qq.com`, for the namespace that the page shows. Everything
 * that calls the simulator uses it.
 */
export const simulatorUrl = `${location.origin}${prefix}`

/** Namespace that the page shows, named by its path or by its host; undefined for the simulator itself. */
export const namespace = prefix.slice('/ns/'.length) || /^([^.]+)\.ns\.localhost$/.exec(location.hostname)?.[1]

/** Path of the control API. */
const CONTROL = `${prefix}/simulator`

/** Returns the URL of an action for the merchant that is shown. */
export const apiUrl = (path: string): string => {
  const mchid = merchant.get()
  return `${CONTROL}${mchid === undefined ? '' : `/merchants/${mchid}`}${path}`
}

/** An error response of the control API. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** The code of the refusal: `ORDER_PAID`. Absent if something between the page and the simulator responded. */
  readonly code: string | undefined
  /** The message in Chinese, if WeChat Pay or the shopper refuses. */
  readonly messageZh: string | undefined

  constructor(status: number, { code, message = `HTTP ${status}`, message_zh }: ErrorBody) {
    super(message)
    this.status = status
    this.code = code
    this.messageZh = message_zh
  }
}

/** The body of an error response, as far as it is one of the control API. */
interface ErrorBody {
  readonly code?: string | undefined
  readonly message?: string | undefined
  readonly message_zh?: string | undefined
}

/** There was no response, or not a whole one. */
export class UnreachableError extends Error {
  override readonly name = 'UnreachableError'
}

/**
 * Returns the URL of the stream of the timeline. The page continues a stream from the first time on, because one that begins would create
 * the namespace again after it was removed.
 */
export const eventsUrl = (lastEventId = 'none'): string =>
  `${CONTROL}/events?last-event-id=${encodeURIComponent(lastEventId)}`

/** The page itself has created its namespace. Its requests create none, so that a page that stays open does not bring it back. */
export const NO_CREATION: Readonly<Record<string, string>> = { 'Simulator-Namespace-Create': 'no' }

/** Returns the URL of an action for a link, which has no headers. */
export const linkUrl = (path: string): string => `${apiUrl(path)}?simulator-namespace-create=no`

/** Returns the URL of the page on which the shopper pays an order. */
export const cashierUrl = (prepay_id: string): string =>
  `${simulatorUrl}${CASHIER_PATH}?prepay_id=${encodeURIComponent(prepay_id)}`

/**
 * Calls the control API.
 *
 * @throws {ApiError} the simulator refuses
 * @throws {UnreachableError}
 */
export async function callApi<T>(method: string, path: string, input?: object): Promise<T> {
  const { ok, status, text } = await send(path, {
    method,
    headers: { ...NO_CREATION, ...(input && { 'Content-Type': 'application/json' }) },
    ...(input && { body: JSON.stringify(input) }),
  })
  if (ok) return (text === '' ? undefined : JSON.parse(text)) as T
  throw new ApiError(status, errorBodyIn(text))
}

async function send(path: string, init: RequestInit): Promise<{ ok: boolean; status: number; text: string }> {
  try {
    const response = await fetch(apiUrl(path), init)
    return { ok: response.ok, status: response.status, text: await response.text() }
  } catch (cause) {
    throw new UnreachableError(`The simulator does not respond (${String(cause)}).`, { cause })
  }
}

function errorBodyIn(text: string): ErrorBody {
  const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)
  try {
    const { code, message, message_zh } = JSON.parse(text)
    return { code: textOf(code), message: textOf(message), message_zh: textOf(message_zh) }
  } catch {
    return {}
  }
}
