/**
 * Texts of the findings of checks, in English, by code. `{name}` stands for a value, `{name:time}` for a time. The console shows them in
 * the language and the time zone of its reader.
 */
export const FINDINGS = {
  configuration_valid: 'The configuration is valid.',
  configuration_warning: '{option}: {message}.',
  error: '{message}',
  failed: 'It failed ({error}).',
  ledger_failed: 'Unknown, because the ledger failed ({reason}).',
  no_private_key: 'There is no private key: the merchant uses APIv2 only, which needs none.',
  signer: 'A signer holds the private key with the serial {serial}; only a deep check asks it.',
  private_key_valid: 'The private key is valid; the serial of its certificate is {serial}.',
  brand_keys_valid: 'The keys of the brand {brand} are valid; its public key (微信支付公钥) is {key}.',
  serial_only: 'Only its serial is configured, so its expiry is unknown.',
  certificate_of_other_merchant:
    'The certificate was issued to the merchant {owner}, not to {merchant}. Set the merchant id to {owner}, or configure the key and the certificate of {merchant}.',
  merchant_certificate_valid: 'The merchant certificate (商户 API 证书) is valid until {day}, for {days} days.',
  merchant_certificate_expires_soon:
    'The merchant certificate (商户 API 证书) is valid until {day}, for {days} days. Renew it: 商户平台 → API 安全 → 商户 API 证书.',
  merchant_certificate_expired:
    'The merchant certificate (商户 API 证书) expired on {day}. Renew it: 商户平台 → API 安全 → 商户 API 证书.',
  merchant_certificate_not_yet_valid:
    'The merchant certificate (商户 API 证书) is not valid before {day}. Correct the clock.',
  platform_certificate_valid: 'The platform certificate (平台证书) {serial} is valid until {day}, for {days} days.',
  platform_certificate_expires_soon:
    'The platform certificate (平台证书) {serial} is valid until {day}, for {days} days. Configure the next one, or the public key (微信支付公钥).',
  platform_certificate_expired:
    'The platform certificate (平台证书) {serial} expired on {day}. Configure the next one, or the public key (微信支付公钥).',
  platform_certificate_not_yet_valid:
    'The platform certificate (平台证书) {serial} is not valid before {day}. Correct the clock.',
  apiv3_key_missing:
    'There is no APIv3 key, so notifications cannot be decrypted. Set it (商户平台 → API 安全 → APIv3 密钥).',
  apiv3_key_valid: 'The APIv3 key has the right form.',
  public_key_mode: 'The public key (微信支付公钥) {key}: public-key mode.',
  platform_certificates_available:
    'Platform certificates (平台证书) are configured, or downloaded when they are needed.',
  signature_accepted: 'WeChat Pay accepts the signature; its response is verified with {key}.',
  certificates_downloaded:
    'WeChat Pay accepts the signature; its response is verified with {key}. Certificates: {certificates}.',
  response_unsigned:
    "The response, {code}, is unsigned: a proxy may have created it, so it does not prove that WeChat Pay accepts the signature. Make sure that baseUrl is WeChat Pay's, and that proxies forward the Wechatpay-… headers.",
  no_deliveries_pending: '{pending} deliveries are pending; {dead} were given up.',
  deliveries_pending: '{pending} deliveries are pending, the oldest for {minutes} min; {dead} were given up.',
  ledger_writable: 'The ledger can be written to.',
  ledger_not_writable:
    'The ledger cannot be written to ({reason}), so that notifications are refused until WeChat Pay sends them again.',
  disk_not_writable:
    'The ledger cannot be written to ({reason}), so that notifications are refused until WeChat Pay sends them again. Free space on its disk.',
  ledger_newer:
    'The ledger is only read, because a newer version has written it ({reason}). Notifications are refused until WeChat Pay sends them again, nothing is delivered, and calls that change something are refused. Run the newer version again.',
  endpoint_subscribed: 'TRANSACTION.SUCCESS goes to {endpoint}.',
  no_endpoint:
    'No endpoint subscribes to TRANSACTION.SUCCESS, so that payments are recorded but not delivered. Set WEBHOOK_URL.',
  no_endpoint_subscribed:
    'No endpoint subscribes to TRANSACTION.SUCCESS, so that payments are recorded but not delivered. Correct "events" of {endpoints} in GATEWAY_CONFIG.',
  no_sweep: 'No sweep has ended yet. A sweep runs every minute.',
  sweep_ended: 'The last sweep ended at {at:time}.',
  sweep_overdue:
    'The last sweep ended at {at:time}. Check that the cron of the Worker, or the process, runs: only sweeps retry lost deliveries.',
  fixed_ip_unchecked: '{host} makes payouts. /healthz?deep checks whether it responds.',
  fixed_ip_responds: '{host} responds and knows the token.',
  fixed_ip_silent:
    '{host} does not respond, so that payouts fail. Check that it runs, and that GATEWAY_FIXED_IP_URL is correct.',
  fixed_ip_no_gateway:
    '{host} responds with status {status}, but not as a gateway. Correct GATEWAY_FIXED_IP_URL, or the proxy in front of it.',
  fixed_ip_token_unknown:
    '{host} does not know the token. Set GATEWAY_FIXED_IP_TOKEN to the token of a caller in its configuration.',
  fixed_ip_unhealthy: '{host} is not healthy. Check its own /healthz.',
  fixed_ip_other_status: '{host} responds with status {status}. Check its log.',
  delivery_stuck:
    'A delivery to {endpoint} has been due since {since:time}, but was not attempted. On Cloudflare, make this Worker the consumer of its queue ([[queues.consumers]] in wrangler.toml); on a server, check whether it is overloaded.',
  circuit_open:
    'The circuit of {endpoint} has been open since {since:time}, after {failures} failures in a row. Its deliveries wait; the next probe is at {probe:time}.',
  circuit_probe_due:
    'The circuit of {endpoint} has been open since {since:time}, after {failures} failures in a row. Its deliveries wait; the next probe is due now.',
  doubts: 'The outcome of {calls} is unknown. See /admin/merchants/{merchant}/doubts, find it out, and dismiss them.',
  notification_undecryptable:
    'At {at:time} a notification with a valid signature could not be decrypted. If none has arrived since, the APIv3 key is wrong: compare with 商户平台 → API 安全.',
  brand_notification_undecryptable:
    'At {at:time} a notification with a valid signature could not be decrypted. If none has arrived since, the API key of the brand (品牌 API 密钥) is wrong: compare with 品牌经营平台 → 账户管理 → 安全中心.',
  signature_refused:
    'WeChat Pay refused the signature of the last call. The private key, the serial and the merchant id do not belong together: compare with 商户平台 → API 安全. This was at {at:time} ({code}); the next call of this API that succeeds ends it.',
  response_unverified:
    "The response to the last call could not be verified. The public key (微信支付公钥) and its id, or the platform certificates, are not this merchant's. This was at {at:time} ({code}); the next call of this API that succeeds ends it.",
  response_undecryptable:
    'The response to the last call could not be decrypted. The APIv3 key is wrong. This was at {at:time} ({code}); the next call of this API that succeeds ends it.',
  v2_key_wrong:
    'The APIv2 key (API 密钥) does not fit: WeChat Pay refused the signature of the last call of APIv2, or its response could not be verified or decrypted: compare with 商户平台 → API 安全. This was at {at:time} ({code}); the next call of this API that succeeds ends it.',
  brand_signature_refused:
    "WeChat Pay refused the signature of the last call of the brand API. The brand's private key, its serial and the brand id (品牌 ID) do not belong together: compare with 品牌经营平台 → 账户管理 → 安全中心. This was at {at:time} ({code}); the next call of this API that succeeds ends it.",
  brand_response_unverified:
    "The response to the last call of the brand API could not be verified. The public key (微信支付公钥) and its id are not this brand's. This was at {at:time} ({code}); the next call of this API that succeeds ends it.",
  brand_response_undecryptable:
    'The response to the last call of the brand API could not be decrypted. The API key of the brand is wrong. This was at {at:time} ({code}); the next call of this API that succeeds ends it.',
} as const

/** The code of a finding. Later versions have others too. */
export type FindingCode = keyof typeof FINDINGS

/** A value in the text of a finding. A time is in milliseconds since 1970. */
export type FindingValue = string | number

/** The finding of a check. */
export interface Finding {
  /** `warn`: it works, but needs attention. */
  readonly status: 'ok' | 'warn' | 'fail'
  /** Describes the finding and what to do about it, without secrets. */
  readonly detail: string
  /** Says which finding it is, for a program that shows it in another language. */
  readonly code: FindingCode
  /** The values in `detail`, by name. */
  readonly values: Readonly<Record<string, FindingValue>>
}

/** The names of the values in a text, those of times apart. */
type NamesIn<Text extends string> = Text extends `${string}{${infer Name}}${infer Rest}` ? Name | NamesIn<Rest> : never

/** The values that a text requires. */
type ValuesOf<Text extends string> = {
  readonly [Name in NamesIn<Text> as Name extends `${infer Time}:time` ? Time : Name]: Name extends `${string}:time`
    ? number
    : FindingValue
}

type Arguments<Code extends FindingCode> =
  NamesIn<(typeof FINDINGS)[Code]> extends never ? [] : [values: ValuesOf<(typeof FINDINGS)[Code]>]

/** Creates a finding. Its text has times as ISO 8601 writes them. */
export function findingOf<Code extends FindingCode>(
  status: Finding['status'],
  code: Code,
  ...given: Arguments<Code>
): Finding {
  const [values = {}] = given as readonly Finding['values'][]
  return { status, detail: formatFinding(FINDINGS[code], values, isoTimeOf), code, values }
}

const isoTimeOf = (at: number): string => new Date(at).toISOString()

/** Puts values into the text of a finding. A value that is missing keeps its place. */
export const formatFinding = (text: string, values: Finding['values'], timeOf: (at: number) => string): string =>
  text.replace(/\{(\w+)(:time)?\}/g, (place, name: string, isTime) => {
    const value = Object.hasOwn(values, name) ? values[name]! : place
    return isTime !== undefined && typeof value === 'number' ? timeOf(value) : String(value)
  })
