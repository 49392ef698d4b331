import type { NodeEnvironment } from '../../adapters/node.ts'
import { findMisspeltNames } from '../../adapters/refuse-misspelt.ts'
import {
  type Check,
  type CheckProgress,
  failedCheck,
  interrupted,
  printChecks,
  printUnfinished,
  skippedCheck,
} from '../checks.ts'
import { type Command, usageError } from '../command.ts'
import { ENV_OPTION, JSON_OPTION, readEnvironment, WITHOUT_MERCHANT_HELP } from '../merchant.ts'
import { findMisspelt, textVariable } from '../misspelt-variables.ts'
import { brandCallCheck, checkBrandKeys, isBrandOnly } from './brand.ts'
import { checkCalls } from './calls.ts'
import { checkKeys } from './keys.ts'
import { checkNetwork } from './network.ts'
import { checkNotifyUrl, NOTIFY_URL_HELP, NOTIFY_URL_OPTIONS } from './notify-url/notify-url.ts'

export const doctor: Command = {
  name: 'doctor',
  description: `Checks what a merchant's program needs: its keys and certificate, the clock, the network, and with a call that
changes nothing whether WeChat Pay accepts the signature. One line per check: ✓ passed; ✗ failed, and how to fix it;
– not checked. With --notify-url it checks instead how a shop answers notifications (接入质量检查清单).`,
  options: [
    { name: 'offline', description: 'Sends nothing and checks only the keys.' },
    ...NOTIFY_URL_OPTIONS,
    ENV_OPTION,
    JSON_OPTION,
  ],
  epilogue: `In the environment, or in .env of the current folder:
  WECHATPAY_MCHID                    merchant id (商户号)
  WECHATPAY_PRIVATE_KEY              apiclient_key.pem; or its path in WECHATPAY_PRIVATE_KEY_FILE
  WECHATPAY_PRIVATE_KEY_PASSPHRASE   of an encrypted private key
  WECHATPAY_CERTIFICATE              apiclient_cert.pem; or its path in WECHATPAY_CERTIFICATE_FILE
  WECHATPAY_SERIAL                   serial of the certificate; not needed with WECHATPAY_CERTIFICATE
  WECHATPAY_PUBLIC_KEY               pub_key.pem (微信支付公钥); or its path in WECHATPAY_PUBLIC_KEY_FILE
  WECHATPAY_PUBLIC_KEY_ID            PUB_KEY_ID_…
  WECHATPAY_APIV3_KEY                APIv3 key (APIv3 密钥); or its path in WECHATPAY_APIV3_KEY_FILE
  WECHATPAY_APIV2_KEY                APIv2 key (API 密钥); or its path in WECHATPAY_APIV2_KEY_FILE
  WECHATPAY_P12_FILE                 apiclient_cert.p12, and WECHATPAY_P12_PASSPHRASE if it is not the merchant id
  WECHATPAY_BRAND_ID                 brand id (品牌 ID); checks the keys of the brand, alone or with those of a merchant:
  WECHATPAY_BRAND_PRIVATE_KEY, …_CERTIFICATE, …_SERIAL, …_PUBLIC_KEY, …_PUBLIC_KEY_ID, …_API_KEY (品牌 API 密钥),
                                     with …_FILE as above
  WECHATPAY_BASE_URL                 a simulator or a proxy instead of https://api.mch.weixin.qq.com
${WITHOUT_MERCHANT_HELP}.

${NOTIFY_URL_HELP}`,

  async run(values, terminal) {
    const environment = await readEnvironment(values)
    const shopOption = NOTIFY_URL_OPTIONS.find(({ name }) => values[name] !== undefined)
    if (shopOption) {
      if (values['notify-url'] === undefined) throw usageError(`--${shopOption.name} requires --notify-url.`)
      if (values.offline)
        throw usageError('--offline sends nothing, and --notify-url checks by sending: give one of them.')
      const progress: CheckProgress = { ended: [], running: 'url' }
      await checkNotifyUrl(values, environment, { progress, stopped: terminal.stopped }).catch(error => {
        if (progress.ended.length > 0) printUnfinished(progress, terminal, Boolean(values.json))
        throw terminal.stopped.aborted ? interrupted(progress) : error
      })
      return printChecks(progress.ended, terminal, Boolean(values.json))
    }
    const checks = await checkAll(environment, { offline: Boolean(values.offline), stopped: terminal.stopped })
    printChecks(checks, terminal, Boolean(values.json))
  },
}

/** Runs every check. It never throws, whatever is set: an error becomes a failed check that says how to fix it. */
export async function checkAll(
  environment: NodeEnvironment,
  { offline, stopped }: { offline: boolean; stopped: AbortSignal },
): Promise<Check[]> {
  const checkAllKeys = async (now?: number): Promise<Check[]> => {
    const merchant = isBrandOnly(environment) ? [] : await checkKeys(environment, now)
    const keys = [...merchant, ...(await checkBrandKeys(environment, now))]
    return [...checkNames(environment, keys), ...keys]
  }
  if (offline) return checkAllKeys()
  // The hosts come first: if this machine's clock is wrong, their time decides whether a certificate is valid.
  const { checks: network, skew = 0 } = await checkNetwork(environment.WECHATPAY_BASE_URL, stopped)
  const keys = await checkAllKeys(Date.now() - skew * 1000)
  const earlierChecks = [...keys, ...network]
  const calls = isBrandOnly(environment) ? [] : await checkCalls(environment, { earlierChecks, skew, stopped })
  return [...earlierChecks, ...calls, ...brandCallCheck(environment)]
}

/** The check that fails if a variable is required and missing. */
const REQUIRED_BY = new Map([
  ['WECHATPAY_MCHID', 'merchant id'],
  ['WECHATPAY_PRIVATE_KEY', 'private key'],
  ['WECHATPAY_CERTIFICATE', 'serial'],
  ['WECHATPAY_SERIAL', 'serial'],
  ['WECHATPAY_PUBLIC_KEY', 'public key'],
  ['WECHATPAY_PUBLIC_KEY_ID', 'public key'],
  ['WECHATPAY_BRAND_ID', 'brand id'],
  ['WECHATPAY_BRAND_PRIVATE_KEY', 'brand private key'],
  ['WECHATPAY_BRAND_CERTIFICATE', 'brand serial'],
  ['WECHATPAY_BRAND_SERIAL', 'brand serial'],
  ['WECHATPAY_BRAND_PUBLIC_KEY', 'brand public key'],
  ['WECHATPAY_BRAND_PUBLIC_KEY_ID', 'brand public key'],
])

/**
 * Checks that no variable has a misspelt name, because what it sets would be missing without a word. Fails only for a near miss, which
 * `wechatpay()` refuses, and for a variable that the keys require, because the name may also be one of the program's own.
 */
function checkNames(environment: NodeEnvironment, keys: readonly Check[]): Check[] {
  const failed = new Set(keys.filter(({ ok }) => ok === false).map(({ name }) => name))
  const refused = new Set(findMisspeltNames(environment).map(({ name }) => name))
  return findMisspelt({ ...environment }).map(({ name, meant }) => {
    const isRequired = failed.has(REQUIRED_BY.get(textVariable(meant)) ?? '')
    const createCheck = isRequired || refused.has(name) ? failedCheck : skippedCheck
    return createCheck(
      'variable',
      `doctor does not read ${name}, and ${meant} is not set`,
      `If ${meant} is meant, rename it`,
    )
  })
}
