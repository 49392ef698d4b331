import { readBounded } from '../../../core/base/read-bounded.ts'
import { parseXml } from '../../../core/codec/xml.ts'
import type { Api } from '../../../definitions/call.ts'
import { isAcknowledged } from '../../../simulator/notification/merchant-response.ts'
import { type Check, failedCheck, passedCheck, skippedCheck } from '../../checks.ts'

/** The API of a notification. */

/** The shop's response to a notification, or the reason why there was none. */
export interface ShopResponse {
  readonly status?: number | undefined
  readonly error?: string | undefined
  readonly body: string
  /** `Location` of a redirect. */
  readonly location?: string | undefined
  /** Time until the response, ms. */
  readonly duration: number
}

/** Time that WeChat Pay waits for a response, ms. */
export const WECHATPAY_TIMEOUT = 5000
const MAX_BYTES = 65_536

/** Sends a request as WeChat Pay does: it follows no redirect, and waits five seconds. Rejects only if it is stopped. */
export async function sendToShop(
  url: URL,
  { method = 'POST', headers, body }: { method?: string; headers?: Record<string, string>; body?: string },
  stopped: AbortSignal,
): Promise<ShopResponse> {
  const begin = performance.now()
  const signal = AbortSignal.any([stopped, AbortSignal.timeout(WECHATPAY_TIMEOUT)])
  const duration = () => Math.round(performance.now() - begin)
  try {
    const init = { method, ...(headers && { headers }), ...(body !== undefined && { body }) }
    const response = await fetch(url, { ...init, redirect: 'manual', signal })
    const bytes = await readBounded(response.body, MAX_BYTES)
    const text = bytes ? new TextDecoder().decode(bytes) : ''
    const location = response.headers.get('location') ?? undefined
    return { status: response.status, body: text, location, duration: duration() }
  } catch (error) {
    if (stopped.aborted) throw error
    const { name, message, cause } = error as Error
    const code = (cause as NodeJS.ErrnoException | undefined)?.code ?? message
    return { error: name === 'TimeoutError' ? 'no response within 5 s' : code, body: '', duration: duration() }
  }
}

/** Returns whether WeChat Pay takes the response for success. APIv3 also counts what only the shop means as success. */
export function isAccepted(api: Api, { status, body }: ShopResponse): boolean {
  if (status === undefined) return false
  if (api === 'v3') return status >= 200 && status < 300
  return isAcknowledged({ api, event: 'transaction-success' }, { status, text: body })
}

/** Describes a response in a few words. */
export function describeResponse({ status, error, body }: ShopResponse): string {
  if (status === undefined) return `no answer (${error})`
  const text = body.trim().replace(/\s+/g, ' ')
  return `answered ${status}${text === '' ? ', no body' : `: ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`}`
}

/** Checks that a notification was refused. */
export function checkRefused(name: string, api: Api, response: ShopResponse, fix: string): Check {
  if (response.status === undefined) return skippedCheck(name, describeResponse(response))
  if (isAccepted(api, response)) return failedCheck(name, `accepted: ${describeResponse(response)}`, fix)
  return passedCheck(name, `refused, ${response.status}`)
}

/**
 * Checks that a forged notification was refused because it is forged, where no genuine one was accepted. The shop may answer 5xx to
 * everything, because something fails before it looks at the signature: WeChat Pay's own notifications would fare the same.
 */
export function checkForgeryRefused(name: string, api: Api, response: ShopResponse, fix: string): Check {
  const { status = 0 } = response
  if (status < 500 || isAccepted(api, response)) return checkRefused(name, api, response, fix)
  return skippedCheck(name, `refused, but ${status} may be an error before the signature was looked at`, BODY_FIX)
}

const BODY_FIX =
  'Answer 401 to a wrong signature, and read the log of the shop: the body may have been parsed before the handler (express.json()), which needs its bytes (RAW_BODY_MISSING)'

const isHtml = ({ body }: ShopResponse): boolean => /^\s*<(?:!doctype html|html|head|body)\b/i.test(body)
const isRedirect = ({ status = 0 }: ShopResponse): boolean => status >= 300 && status < 400

/** Checks that the responses come from a program that handles notifications: no redirect, no page, no missing route. */
export function checkRoute(responses: readonly ShopResponse[]): Check[] {
  const answered = responses.filter(({ status }) => status !== undefined)
  if (answered.length === 0)
    return [
      failedCheck(
        'answers',
        describeResponse(responses[0]!),
        'Check that the server runs, and that the firewall admits WeChat Pay',
      ),
    ]
  const redirect = answered.find(isRedirect)
  const page = answered.find(isHtml)
  const missing = answered.find(response => [404, 405].includes(response.status!) && !isFailBody(response))
  return [
    missing
      ? failedCheck(
          'answers',
          describeResponse(missing),
          'Accept POST at this path, without a trailing slash if it has none',
        )
      : passedCheck('answers', 'the server answers POST'),
    redirect
      ? failedCheck(
          'redirect',
          `answered ${redirect.status} to ${originOf(redirect.location)}`,
          'Answer at the address itself: WeChat Pay does not follow redirects',
        )
      : passedCheck('redirect', 'none'),
    page
      ? failedCheck(
          'page',
          `answered ${page.status} with a page of HTML`,
          'Take the address out of login, bot protection and error pages: WeChat Pay is a program and has no session',
        )
      : passedCheck('page', 'no page, no login'),
  ]
}

/**
 * Lists the failures of {@link checkRoute} for the responses that a check got before it ended early. With them, a refusal is no merit of a
 * shop.
 */
export const routeFailures = (responses: readonly ShopResponse[]): Check[] =>
  responses.length === 0 ? [] : checkRoute(responses).filter(({ ok }) => ok === false)

const originOf = (location = ''): string => (URL.canParse(location) ? new URL(location).origin : 'another path')

/** Checks that no response took longer than WeChat Pay waits. */
export function checkTime(responses: readonly ShopResponse[]): Check {
  const name = 'answer-time'
  const late = responses.filter(({ error }) => error?.includes('within 5 s')).length
  if (late)
    return failedCheck(
      name,
      `${late} of ${responses.length} answers took longer than 5 s`,
      'Store the notification or put it into a queue, answer, and do the rest afterwards',
    )
  const slowest = Math.max(...responses.map(({ duration }) => duration))
  return passedCheck(name, `${slowest} ms at most`, slowest > 2500 ? 'Answer sooner: WeChat Pay waits 5 s' : undefined)
}

/** Checks the form of refusals. WeChat Pay goes by the status in APIv3, so that another body is only a hint. */
export function checkRefusalForm(api: Api, responses: readonly ShopResponse[]): Check {
  const name = 'refusal-form'
  const refused = responses.filter(response => response.status !== undefined && !isAccepted(api, response))
  if (refused.length === 0) return skippedCheck(name, 'nothing was refused')
  const other = refused.find(response => (api === 'v3' ? !isFailBody(response) : returnCode(response) !== 'FAIL'))
  if (!other)
    return passedCheck(name, api === 'v3' ? '4xx or 5xx with {"code":"FAIL","message":…}' : 'return_code FAIL')
  if (api === 'v3')
    return passedCheck(
      name,
      describeResponse(other),
      'The documented body is {"code":"FAIL","message":"…"}; WeChat Pay shows it',
    )
  return failedCheck(name, describeResponse(other), 'Answer <xml> with return_code FAIL and return_msg')
}

function isFailBody({ body }: ShopResponse): boolean {
  try {
    return Object(JSON.parse(body)).code === 'FAIL'
  } catch {
    return false
  }
}

function returnCode({ body }: ShopResponse): unknown {
  try {
    return parseXml(body).return_code
  } catch {
    return undefined
  }
}
