import { parseUrl } from '../config/address.ts'
import { Refusal } from '../problem.ts'

/** Matches the fields with an address for notifications: `notify_url`, `contract_notify_url`, `transaction_notify_url`. */
const IS_NOTIFY_URL = /(?:^|_)notify_url$/
/** Levels below the body that are searched. No definition has an address in a deeper one. */
const MAX_DEPTH = 4

/**
 * Refuses a call with a notification address under `workers.dev`, which Cloudflare does not recommend for production, and which is
 * blocked in mainland China, where WeChat Pay's servers are: the payment would succeed, but its notification would not arrive. An address
 * with the origin of `PUBLIC_URL` is accepted, because it is intended.
 *
 * @param body of the call, before it is signed
 * @param publicUrl `PUBLIC_URL`
 * @throws {Refusal} 400 `NOTIFY_URL_UNREACHABLE`
 * @see https://developers.cloudflare.com/workers/configuration/routing/workers-dev/
 * @example
 * ```ts
 * refuseUnreachableNotifyUrl({ notify_url: 'https://pay.shop.workers.dev/notify' }, undefined) // throws
 * ```
 */
export function refuseUnreachableNotifyUrl(body: unknown, publicUrl: string | undefined): void {
  const intended = parseUrl(publicUrl)?.host
  for (const [field, value] of notifyUrls(body, 0)) {
    const url = parseUrl(value)
    if (!url || !isWorkersDev(url) || url.host === intended) continue
    throw new Refusal({
      status: 400,
      code: 'NOTIFY_URL_UNREACHABLE',
      detail: `${field} is at ${url.host}, but WeChat Pay often cannot reach workers.dev. Give the gateway your own domain (routes with custom_domain in wrangler.toml) and send the call there, or set PUBLIC_URL to the address at which WeChat Pay reaches it.`,
      field,
    })
  }
}

const isWorkersDev = ({ hostname }: URL): boolean => /(?:^|\.)workers\.dev\.?$/.test(hostname)

function* notifyUrls(value: unknown, depth: number): Generator<[field: string, value: unknown]> {
  if (!isObject(value) || depth > MAX_DEPTH) return
  for (const [name, member] of Object.entries(value)) {
    if (IS_NOTIFY_URL.test(name)) yield [name, member]
    // Most members are texts and numbers, and a generator costs more than all of them.
    else if (isObject(member)) yield* notifyUrls(member, depth + 1)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null
