import type { NodeEnvironment } from '../../adapters/node.ts'
import { type Check, printChecks } from '../checks.ts'
import type { Command } from '../command.ts'
import { ENV, JSON_OUTPUT, NO_MERCHANT, readEnvironment } from '../merchant.ts'
import { checkCalls } from './calls.ts'
import { checkKeys } from './keys.ts'
import { checkNetwork } from './network.ts'

export const doctor: Command = {
  name: 'doctor',
  about: `Checks what a merchant's program needs: its keys and certificate, the clock, the way to WeChat Pay, and by a call
that changes nothing whether WeChat Pay takes the signature. A line each: ✓ good; ✗ not good, and the cure;
– not looked at.`,
  options: [{ name: 'offline', text: 'Sends nothing: the keys alone.' }, ENV, JSON_OUTPUT],
  more: `In the environment, or in .env here:
  WECHATPAY_MCHID                    merchant id (商户号)
  WECHATPAY_PRIVATE_KEY              apiclient_key.pem; or its path in WECHATPAY_PRIVATE_KEY_FILE
  WECHATPAY_PRIVATE_KEY_PASSPHRASE   of a private key that is under one
  WECHATPAY_CERTIFICATE              apiclient_cert.pem; or its path in WECHATPAY_CERTIFICATE_FILE
  WECHATPAY_SERIAL                   serial of the certificate; needless beside WECHATPAY_CERTIFICATE
  WECHATPAY_PUBLIC_KEY               pub_key.pem (微信支付公钥); or its path in WECHATPAY_PUBLIC_KEY_FILE
  WECHATPAY_PUBLIC_KEY_ID            PUB_KEY_ID_…
  WECHATPAY_APIV3_KEY                APIv3 key (APIv3 密钥); or its path in WECHATPAY_APIV3_KEY_FILE
  WECHATPAY_APIV2_KEY                APIv2 key (API 密钥); or its path in WECHATPAY_APIV2_KEY_FILE
  WECHATPAY_P12_FILE                 apiclient_cert.p12, and WECHATPAY_P12_PASSPHRASE where it is not the merchant id
  WECHATPAY_BASE_URL                 a simulator or a proxy in place of https://api.mch.weixin.qq.com
${NO_MERCHANT}.`,

  async run(values, terminal) {
    const environment = await readEnvironment(values)
    const checks = await checkAll(environment, { offline: Boolean(values.offline), stopped: terminal.stopped })
    printChecks(checks, terminal, Boolean(values.json))
  },
}

/** Makes every check. Whatever is set, it never throws: what goes wrong is a check that fails, and tells its cure. */
export async function checkAll(
  environment: NodeEnvironment,
  { offline, stopped }: { offline: boolean; stopped: AbortSignal },
): Promise<Check[]> {
  if (offline) return checkKeys(environment)
  // The hosts first: where this clock is wrong they tell the right time, by which a certificate is in force or not.
  const { checks: network, skew = 0 } = await checkNetwork(environment.WECHATPAY_BASE_URL, stopped)
  const keys = await checkKeys(environment, Date.now() - skew * 1000)
  const before = [...keys, ...network]
  return [...before, ...(await checkCalls(environment, { before, skew, stopped }))]
}
