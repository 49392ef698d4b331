import { utf8 } from '../../core/base/bytes.ts'
import { parseUrl } from './address.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, isSet, textOf } from './variables.ts'

type Check = (text: string, at: string, report: Report) => void

const pem: Check = (text, at, report) => {
  if (!text.includes('-----BEGIN'))
    report(
      at,
      `not PEM. Give the text of the file, from the BEGIN line to the END line; on Node, Deno and Bun, ${at}_FILE accepts a path`,
    )
}
const path: Check = (text, at, report) => {
  if (text.includes('-----BEGIN')) report(at, `must be a path; the text belongs into ${at.replace(/_FILE$/, '')}`)
}
const matching =
  (pattern: RegExp, message: string): Check =>
  (text, at, report) => {
    if (!pattern.test(text.trim())) report(at, message)
  }
const anything: Check = () => {}
const key32 =
  (what: string): Check =>
  (text, at, report) => {
    const { length } = utf8(text)
    const hint = text.trim() === text ? '' : ', including a space or line break at its beginning or end'
    if (length !== 32) report(at, `${what} must have 32 bytes, but has ${length}${hint}`)
  }
const serial = matching(/^[0-9A-Fa-f]+$/, 'the serial (证书序列号) must be hex without colons')
const publicKeyId = matching(
  /^PUB_KEY_ID_\w+$/i,
  'the id of the public key (微信支付公钥ID) must begin with PUB_KEY_ID_',
)

/** The text variables of a merchant, with their checks, which import no keys. */
const TEXTS: Readonly<Record<string, Check>> = {
  MCHID: anything,
  APPID: matching(/^[\w-]+$/, 'must be an APPID: wx…'),
  SERIAL: serial,
  CERTIFICATE: pem,
  PRIVATE_KEY: pem,
  PUBLIC_KEY: pem,
  PUBLIC_KEY_ID: publicKeyId,
  APIV3_KEY: key32('the APIv3 key (APIv3 密钥)'),
  APIV2_KEY: anything,
  BASE_URL: (text, at, report) => {
    if (!/^https?:$/.test(parseUrl(text)?.protocol ?? '')) report(at, 'must be an absolute URL: https://…')
  },
  PRIVATE_KEY_FILE: path,
  CERTIFICATE_FILE: path,
  PUBLIC_KEY_FILE: path,
  APIV3_KEY_FILE: path,
  APIV2_KEY_FILE: path,
  PRIVATE_KEY_PASSPHRASE: anything,
  P12_FILE: path,
  P12_PASSPHRASE: anything,
  CERTIFICATE_CACHE: path,
  BRAND_ID: matching(/^\d+$/, 'the brand id (品牌 ID) must consist of digits'),
  BRAND_SERIAL: serial,
  BRAND_CERTIFICATE: pem,
  BRAND_PRIVATE_KEY: pem,
  BRAND_PUBLIC_KEY: pem,
  BRAND_PUBLIC_KEY_ID: publicKeyId,
  BRAND_API_KEY: key32('the API key of the brand (品牌 API 密钥)'),
  BRAND_CERTIFICATE_FILE: path,
  BRAND_PRIVATE_KEY_FILE: path,
  BRAND_PUBLIC_KEY_FILE: path,
  BRAND_API_KEY_FILE: path,
}

/**
 * The Cloudflare bindings of a merchant: a method that only a binding of this kind has, and its table in wrangler.toml. Elsewhere the
 * program passes a signer.
 */
const BINDINGS: Readonly<Record<string, [method: string, kind: string]>> = {
  MTLS: ['fetch', 'mtls_certificates'],
  CERTIFICATES: ['put', 'kv_namespaces'],
  SIGNER: ['sign', 'services'],
}

/** The variables of a merchant's brand. */
const BRAND_VARIABLES: readonly string[] = Object.keys(TEXTS).filter(name => name.startsWith('BRAND_'))

/** The variables of a merchant, without `WECHATPAY_` and the merchant id. */
export const MERCHANT_VARIABLES: readonly string[] = [...Object.keys(TEXTS), ...Object.keys(BINDINGS)]

/** Variables without a merchant id that apply to all merchants which do not have their own. */
export const SHARED_VARIABLES: ReadonlySet<string> = new Set(['BASE_URL', 'CERTIFICATES'])

/**
 * Reports variables of a merchant that are missing or invalid.
 *
 * @param environment the variables, named without a merchant id
 * @param at returns the name of a variable in the configuration: `PRIVATE_KEY` → `WECHATPAY_1900000109_PRIVATE_KEY`
 */
export function checkMerchant(environment: Env, at: (name: string) => string, report: Report): void {
  const has = (name: string): boolean => isSet(environment, `WECHATPAY_${name}`)
  for (const [name, check] of Object.entries(TEXTS)) {
    if (!has(name)) continue
    const text = textOf(environment, `WECHATPAY_${name}`)
    if (text === undefined) report(at(name), 'must be text')
    else check(text, at(name), report)
    if (name.endsWith('_FILE') && has(name.slice(0, -5)))
      report(at(name), `${at(name.slice(0, -5))} is set too. Keep one of them`)
  }
  for (const [name, [method, kind]] of Object.entries(BINDINGS)) {
    const binding = environment[`WECHATPAY_${name}`] as Env | undefined
    if (has(name) && typeof binding?.[method] !== 'function')
      report(at(name), `not a binding. Bind it under [[${kind}]] in wrangler.toml`)
  }
  const { serial } = Object(environment.WECHATPAY_SIGNER)
  const hasSignerSerial = typeof serial === 'string'
  const hasText = (name: string): boolean => has(name) || has(`${name}_FILE`)
  requireKeys(name => hasText(name) || (name === 'SERIAL' && hasSignerSerial), at, report)
  if (BRAND_VARIABLES.some(has)) requireBrandKeys(hasText, at, report)
}

/** Requires all keys of a brand, of which one variable is set. */
function requireBrandKeys(has: (name: string) => boolean, at: (name: string) => string, report: Report): void {
  const required = {
    BRAND_ID: 'the brand id (品牌 ID)',
    BRAND_PRIVATE_KEY: 'the private key of the brand (品牌 API 证书, apiclient_key.pem)',
    BRAND_API_KEY: 'the API key of the brand (品牌 API 密钥), which decrypts its notifications',
    BRAND_PUBLIC_KEY: 'the public key (微信支付公钥) of the brand',
    BRAND_PUBLIC_KEY_ID: 'the id of the public key (微信支付公钥ID) of the brand',
  }
  for (const [name, what] of Object.entries(required)) if (!has(name)) reportMissing(report, at(name), `: ${what}`)
  if (!has('BRAND_SERIAL') && !has('BRAND_CERTIFICATE'))
    reportMissing(
      report,
      at('BRAND_SERIAL'),
      `: the serial of the brand's certificate (证书序列号), or the certificate: ${at('BRAND_CERTIFICATE')}`,
    )
}

function requireKeys(has: (name: string) => boolean, at: (name: string) => string, report: Report): void {
  const hasKey = has('PRIVATE_KEY') || has('SIGNER')
  if (has('PRIVATE_KEY') && has('SIGNER'))
    report(at('SIGNER'), `${at('PRIVATE_KEY')} is set too. Remove the key: the signer replaces it`)
  if (!hasKey && !has('APIV2_KEY'))
    reportMissing(
      report,
      at('PRIVATE_KEY'),
      ': the private key (商户 API 私钥, apiclient_key.pem), which signs all requests',
    )
  if (has('PUBLIC_KEY') !== has('PUBLIC_KEY_ID')) {
    const missing = has('PUBLIC_KEY') ? 'PUBLIC_KEY_ID' : 'PUBLIC_KEY'
    reportMissing(report, at(missing), ': give both the public key (微信支付公钥) and its id')
  }
  // A merchant that uses only APIv2 needs none of these.
  if (!hasKey && has('APIV2_KEY')) return
  if (!has('SERIAL') && !has('CERTIFICATE'))
    reportMissing(
      report,
      at('SERIAL'),
      `: the serial of the merchant's certificate (证书序列号), or the certificate: ${at('CERTIFICATE')}`,
    )
  if (!has('APIV3_KEY') && !has('PUBLIC_KEY') && !has('PUBLIC_KEY_ID'))
    reportMissing(
      report,
      at('APIV3_KEY'),
      `: the APIv3 key (APIv3 密钥), which decrypts notifications and platform certificates; in public-key mode (微信支付公钥) ${at('PUBLIC_KEY_ID')} and ${at('PUBLIC_KEY')} too`,
    )
}
