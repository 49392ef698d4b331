import { suggestion } from '../../core/base/nearest-name.ts'
import { checkMerchant, MERCHANT_VARIABLES, SHARED_VARIABLES } from './merchant.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, isSet, listOf, textOf } from './variables.ts'

/** A merchant, and the variables from which an adapter creates its client, named without a merchant id. */
export interface MerchantEnvironment {
  /** 商户号 */
  readonly mchid: string
  /** `WECHATPAY_MCHID`, `WECHATPAY_PRIVATE_KEY` …, including bindings. */
  readonly environment: Env
}

const MCHID = /^\d{1,32}$/
/** `WECHATPAY_1900000109_PRIVATE_KEY` */
const NUMBERED = /^WECHATPAY_(\d+)_(\w+)$/

/** Reads the merchants of an environment: that of `WECHATPAY_MCHID`, then those of `WECHATPAY_MERCHANTS`. */
export function readMerchants(env: Env, report: Report): readonly MerchantEnvironment[] {
  const single = singleOf(env, report)
  const listed = listedIn(env, report)
  if (single !== undefined && listed.includes(single))
    report('WECHATPAY_MERCHANTS', `${single} is the merchant of WECHATPAY_MCHID too. Remove it from one of them`)
  reportStrays(env, single, listed, report)
  const merchants = [
    ...(single === undefined ? [] : [environmentOf(env, single, name => `WECHATPAY_${name}`)]),
    ...listed
      .filter(mchid => mchid !== single)
      .map(mchid => environmentOf(env, mchid, name => `WECHATPAY_${mchid}_${name}`)),
  ]
  for (const { mchid, environment } of merchants)
    checkMerchant(environment, name => (mchid === single ? `WECHATPAY_${name}` : `WECHATPAY_${mchid}_${name}`), report)
  if (merchants.length > 0 || isSet(env, 'WECHATPAY_MERCHANTS')) return merchants
  // Reports everything that a merchant needs at once, not only its id.
  const plain = (name: string): string => `WECHATPAY_${name}`
  if (!isSet(env, plain('MCHID')))
    reportMissing(
      report,
      plain('MCHID'),
      ': the merchant id (商户号). For several merchants, list them in WECHATPAY_MERCHANTS',
    )
  checkMerchant(environmentOf(env, '', plain).environment, plain, report)
  return merchants
}

function singleOf(env: Env, report: Report): string | undefined {
  const mchid = textOf(env, 'WECHATPAY_MCHID')?.trim()
  if (mchid === undefined || MCHID.test(mchid)) return mchid
  report('WECHATPAY_MCHID', 'the merchant id (商户号) must consist of digits; list several in WECHATPAY_MERCHANTS')
  return undefined
}

function listedIn(env: Env, report: Report): string[] {
  const listed = listOf(textOf(env, 'WECHATPAY_MERCHANTS'))
  const mchids = new Set(listed.filter(mchid => MCHID.test(mchid)))
  for (const [at, mchid] of listed.entries())
    if (!MCHID.test(mchid))
      report('WECHATPAY_MERCHANTS', `number ${at + 1} is not a merchant id (商户号), which consists of digits`)
  return [...mchids]
}

/** Reports variables that belong to no merchant. */
function reportStrays(env: Env, single: string | undefined, listed: readonly string[], report: Report): void {
  const hasMchid = isSet(env, 'WECHATPAY_MCHID')
  for (const name of MERCHANT_VARIABLES) {
    const variable = `WECHATPAY_${name}`
    if (hasMchid || SHARED_VARIABLES.has(name) || !isSet(env, variable) || listed.length === 0) continue
    report(
      variable,
      `belongs to none of the merchants. Rename it to WECHATPAY_${listed[0]}_${name}, or set WECHATPAY_MCHID`,
    )
  }
  for (const variable of Object.keys(env)) {
    const [, mchid = '', name = ''] = NUMBERED.exec(variable) ?? []
    if (!mchid || !isSet(env, variable)) continue
    const isKnown = mchid === single || listed.includes(mchid)
    // Redundant but correct: the value repeats the merchant id in the name.
    if (isKnown && name === 'MCHID' && textOf(env, variable)?.trim() === mchid) continue
    if (mchid === single)
      report(variable, `${mchid} is the merchant of WECHATPAY_MCHID, whose variables have no number: WECHATPAY_${name}`)
    else if (!listed.includes(mchid)) report(variable, `WECHATPAY_MERCHANTS does not list ${mchid}`)
    else if (name === 'MCHID')
      report(variable, `differs from ${mchid}, the merchant id (商户号) in its name. Remove it, or correct the name`)
    else if (!MERCHANT_VARIABLES.includes(name)) {
      const variables = MERCHANT_VARIABLES.map(suffix => `WECHATPAY_${mchid}_${suffix}`)
      report(variable, `no such variable exists. ${suggestion(variable, variables)}`)
    }
  }
}

function environmentOf(env: Env, mchid: string, variableOf: (name: string) => string): MerchantEnvironment {
  const environment: Record<string, unknown> = {}
  for (const name of MERCHANT_VARIABLES) {
    const own = variableOf(name)
    const variable = !isSet(env, own) && SHARED_VARIABLES.has(name) ? `WECHATPAY_${name}` : own
    if (isSet(env, variable)) environment[`WECHATPAY_${name}`] = textOf(env, variable) ?? env[variable]
  }
  return { mchid, environment: { ...environment, WECHATPAY_MCHID: mchid } }
}
