import { utf8 } from '../../core/bytes.ts'
import { parseUrl } from './address.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, isSet, textOf } from './variables.ts'

type Check = (text: string, at: string, report: Report) => void

const pem: Check = (text, at, report) => {
  if (!text.includes('-----BEGIN'))
    report(
      at,
      `no PEM. It holds the text of the file, from the line with BEGIN to that with END; a path goes into ${at}_FILE, on Node, Deno and Bun`,
    )
}
const path: Check = (text, at, report) => {
  if (text.includes('-----BEGIN')) report(at, `give a path; the text goes into ${at.replace(/_FILE$/, '')}`)
}
const matching =
  (pattern: RegExp, message: string): Check =>
  (text, at, report) => {
    if (!pattern.test(text.trim())) report(at, message)
  }
const anything: Check = () => {}

/** What a merchant may have as text, and how each is checked as far as that goes without importing a key. */
const TEXTS: Readonly<Record<string, Check>> = {
  MCHID: anything,
  APPID: matching(/^[\w-]+$/, 'give an APPID: wx…'),
  SERIAL: matching(/^[0-9A-Fa-f]+$/, 'the serial (证书序列号) is hex without colons'),
  CERTIFICATE: pem,
  PRIVATE_KEY: pem,
  PUBLIC_KEY: pem,
  PUBLIC_KEY_ID: matching(/^PUB_KEY_ID_\w+$/i, 'the id of the public key (微信支付公钥ID) begins with PUB_KEY_ID_'),
  APIV3_KEY: (text, at, report) => {
    const { length } = utf8(text)
    const hint = text.trim() === text ? '' : ', a blank or line break at its end among them'
    if (length !== 32) report(at, `the APIv3 key (APIv3 密钥) has 32 bytes; this has ${length}${hint}`)
  },
  APIV2_KEY: anything,
  BASE_URL: (text, at, report) => {
    if (!/^https?:$/.test(parseUrl(text)?.protocol ?? '')) report(at, 'give a whole URL: https://…')
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
}

/** Bindings of Cloudflare's: the method that tells one, and where it is bound. */
const BINDINGS: Readonly<Record<string, [method: string, kind: string]>> = {
  MTLS: ['fetch', 'mtls_certificates'],
  CERTIFICATES: ['put', 'kv_namespaces'],
}

/** What a merchant may have, without `WECHATPAY_` and without its number. */
export const MERCHANT_VARIABLES: readonly string[] = [...Object.keys(TEXTS), ...Object.keys(BINDINGS)]

/** What all merchants take from the variable without number when they have none of their own. */
export const SHARED_VARIABLES: ReadonlySet<string> = new Set(['BASE_URL', 'CERTIFICATES'])

/**
 * Reports what is missing or cannot be right in a merchant's variables.
 *
 * @param environment under the names without a number
 * @param at how the configuration names a variable: `PRIVATE_KEY` → `WECHATPAY_1900000109_PRIVATE_KEY`
 */
export function checkMerchant(environment: Env, at: (name: string) => string, report: Report): void {
  const has = (name: string): boolean => isSet(environment, `WECHATPAY_${name}`)
  for (const [name, check] of Object.entries(TEXTS)) {
    if (!has(name)) continue
    const text = textOf(environment, `WECHATPAY_${name}`)
    if (text === undefined) report(at(name), 'give text')
    else check(text, at(name), report)
    if (name.endsWith('_FILE') && has(name.slice(0, -5)))
      report(at(name), `${at(name.slice(0, -5))} is set too. Keep one of them`)
  }
  for (const [name, [method, kind]] of Object.entries(BINDINGS)) {
    const binding = environment[`WECHATPAY_${name}`] as Env | undefined
    if (has(name) && typeof binding?.[method] !== 'function')
      report(at(name), `no binding. Bind it under [[${kind}]] of wrangler.toml`)
  }
  requireKeys(name => has(name) || has(`${name}_FILE`), at, report)
}

function requireKeys(has: (name: string) => boolean, at: (name: string) => string, report: Report): void {
  const hasKey = has('PRIVATE_KEY')
  if (!hasKey && !has('APIV2_KEY'))
    reportMissing(
      report,
      at('PRIVATE_KEY'),
      ': the private key (商户 API 私钥, apiclient_key.pem), without which nothing is signed',
    )
  if (has('PUBLIC_KEY') !== has('PUBLIC_KEY_ID')) {
    const missing = has('PUBLIC_KEY') ? 'PUBLIC_KEY_ID' : 'PUBLIC_KEY'
    reportMissing(report, at(missing), ': give both the public key (微信支付公钥) and its id')
  }
  // APIv2 alone needs none of these.
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
