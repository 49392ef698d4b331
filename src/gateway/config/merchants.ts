import type { Report } from './problems.ts'
import { isSet, refuseUnread, type Variables, variableOf } from './variables.ts'

/** A merchant's variables, as the adapter of the runtime reads them. */
export interface MerchantConfig {
  readonly mchid: string
  /** `WECHATPAY_MCHID`, `WECHATPAY_PRIVATE_KEY`, … */
  readonly environment: Record<string, unknown>
}

const PREFIX = 'WECHATPAY_'
/** What a merchant has: after `WECHATPAY_`, and after `WECHATPAY_<mchid>_` where there are several. */
const OWN = [
  ...['PRIVATE_KEY', 'SERIAL', 'CERTIFICATE', 'APIV3_KEY', 'APIV2_KEY', 'PUBLIC_KEY_ID', 'PUBLIC_KEY', 'MTLS'],
  ...['PRIVATE_KEY_FILE', 'CERTIFICATE_FILE', 'APIV3_KEY_FILE', 'APIV2_KEY_FILE', 'PUBLIC_KEY_FILE'],
  ...['PRIVATE_KEY_PASSPHRASE', 'CERTIFICATE_CACHE', 'P12_FILE', 'P12_PASSPHRASE'],
]
const SINGLE = OWN.map(name => PREFIX + name)
/** What all have together. */
const SHARED = ['WECHATPAY_CERTIFICATES', 'WECHATPAY_BASE_URL']
/** A shop's own, beside ours in the same environment. */
const PASSING = ['WECHATPAY_APPID']

/**
 * The merchants: one, in `WECHATPAY_MCHID` and what goes with it, or those of `WECHATPAY_MERCHANTS`.
 *
 * @param passing variables that somebody else reads
 */
export function readMerchants(env: Variables, passing: readonly string[], report: Report): readonly MerchantConfig[] {
  const list = variableOf(env, 'WECHATPAY_MERCHANTS', report)
  const mchid = variableOf(env, 'WECHATPAY_MCHID', report)
  const mchids = list?.split(',').flatMap(mchid => idOf(mchid.trim(), 'WECHATPAY_MERCHANTS', report))
  const own = mchids?.flatMap(mchid => OWN.map(name => `${PREFIX}${mchid}_${name}`)) ?? SINGLE
  const known = ['WECHATPAY_MCHID', 'WECHATPAY_MERCHANTS', ...own, ...SHARED, ...PASSING, ...passing]
  const isBoth = (name: string): boolean => mchids !== undefined && SINGLE.includes(name)
  const rest = Object.entries(withoutForeign(env, mchids ?? [], report)).filter(([name]) => !isBoth(name))
  refuseUnread(Object.fromEntries(rest), PREFIX, known, report)
  if (mchids) return readSeveral(env, mchids, report)
  if (mchid !== undefined)
    return idOf(mchid, 'WECHATPAY_MCHID', report).map(id => readMerchant(env, id, PREFIX, report))
  report(
    'WECHATPAY_MCHID',
    'is missing: the merchant id (商户号). Several go into WECHATPAY_MERCHANTS, with commas between. Without a merchant: npx wechatpay-edge simulator',
  )
  return []
}

/** What is no id may be a key that went astray: it is not shown. */
function idOf(text: string, option: string, report: Report): readonly string[] {
  if (/^\d{1,32}$/.test(text)) return [text]
  report(option, 'is no merchant id (商户号): digits alone')
  return []
}

function readSeveral(env: Variables, mchids: readonly string[], report: Report): readonly MerchantConfig[] {
  const twin = mchids.find((mchid, at) => mchids.indexOf(mchid) !== at)
  if (twin) report('WECHATPAY_MERCHANTS', `${twin} is there twice`)
  if (isSet(env, 'WECHATPAY_MCHID')) report('WECHATPAY_MCHID', 'WECHATPAY_MERCHANTS is set too. Keep one of them')
  for (const name of OWN)
    if (isSet(env, PREFIX + name))
      report(
        PREFIX + name,
        `WECHATPAY_MERCHANTS is set too. Give each merchant its own: ${PREFIX}${mchids[0] ?? '<mchid>'}_${name}`,
      )
  return [...new Set(mchids)].map(mchid => readMerchant(env, mchid, `${PREFIX}${mchid}_`, report))
}

/** The variables without those of merchants that are not listed, which are reported. */
function withoutForeign(env: Variables, mchids: readonly string[], report: Report): Variables {
  const rest = Object.entries(env).filter(([name]) => {
    const [, mchid] = /^WECHATPAY_(\d+)_/.exec(name) ?? []
    if (mchid === undefined || mchids.includes(mchid)) return true
    if (isSet(env, name)) report(name, `${mchid} is not in WECHATPAY_MERCHANTS. Put it there, or take this away`)
    return false
  })
  return Object.fromEntries(rest)
}

function readMerchant(env: Variables, mchid: string, prefix: string, report: Report): MerchantConfig {
  const environment: Record<string, unknown> = { WECHATPAY_MCHID: mchid }
  for (const name of OWN) if (isSet(env, prefix + name)) environment[PREFIX + name] = env[prefix + name]
  for (const name of SHARED) if (isSet(env, name)) environment[name] = env[name]
  for (const name of OWN) if (name !== 'MTLS') variableOf(env, prefix + name, report)
  const has = (...names: string[]) => names.some(name => isSet(env, prefix + name))
  const hasPrivateKey = has('PRIVATE_KEY', 'PRIVATE_KEY_FILE')
  if (!hasPrivateKey && !has('APIV2_KEY', 'APIV2_KEY_FILE'))
    report(
      `${prefix}PRIVATE_KEY`,
      `is missing: the text of apiclient_key.pem. For APIv2 alone ${prefix}APIV2_KEY will do. Without a merchant: npx wechatpay-edge simulator`,
    )
  if (hasPrivateKey && !has('SERIAL', 'CERTIFICATE', 'CERTIFICATE_FILE'))
    report(
      `${prefix}SERIAL`,
      `is missing: the serial of the merchant certificate (商户 API 证书序列号), or ${prefix}CERTIFICATE, the text of apiclient_cert.pem`,
    )
  const [hasId, hasKey] = [has('PUBLIC_KEY_ID'), has('PUBLIC_KEY', 'PUBLIC_KEY_FILE')]
  if (hasId !== hasKey)
    report(`${prefix}PUBLIC_KEY${hasId ? '' : '_ID'}`, 'is missing: give both the public key (微信支付公钥) and its id')
  return { mchid, environment }
}
