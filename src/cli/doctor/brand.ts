import type { NodeEnvironment } from '../../adapters/node.ts'
import { webcrypto } from '../../adapters/webcrypto.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import { type Check, failedCheck, passedCheck, skippedCheck } from '../checks.ts'
import {
  checkCertificate,
  checkPair,
  checkPrivateKey,
  checkPublicKey,
  checkSerial,
  type Owner,
  readSetting,
  type Setting,
  settingOf,
} from './keys.ts'
import { failedFor, runCheck } from './problem.ts'

const BRAND: Owner = { label: 'brand ', prefix: 'WECHATPAY_BRAND_', place: '品牌经营平台 → 账户管理 → 安全中心' }

/** Returns whether any variable of a brand (品牌) is set. */
export const hasBrand = (environment: NodeEnvironment): boolean =>
  Object.entries(environment).some(([name, value]) => name.startsWith(BRAND.prefix) && value)

const MERCHANT_VARIABLES = [
  'WECHATPAY_MCHID',
  'WECHATPAY_PRIVATE_KEY',
  'WECHATPAY_PRIVATE_KEY_FILE',
  'WECHATPAY_P12_FILE',
] as const

/** Returns whether the keys of a brand are set, and none of a merchant, which the brand API does not need. */
export const isBrandOnly = (environment: NodeEnvironment): boolean =>
  hasBrand(environment) && MERCHANT_VARIABLES.every(name => !environment[name])

/**
 * Checks the keys of the brand on this machine, if any is set.
 *
 * @param now milliseconds since 1970
 */
export async function checkBrandKeys(environment: NodeEnvironment, now: number = Date.now()): Promise<Check[]> {
  if (!hasBrand(environment)) return []
  const crypto = webcrypto()
  const key = settingOf(environment, 'WECHATPAY_BRAND_PRIVATE_KEY', BRAND)
  const cert = settingOf(environment, 'WECHATPAY_BRAND_CERTIFICATE', BRAND)
  const apiKey = settingOf(environment, 'WECHATPAY_BRAND_API_KEY', BRAND)
  const publicKey = settingOf(environment, 'WECHATPAY_BRAND_PUBLIC_KEY', BRAND)
  const certificate = await readSetting(BRAND, cert, pem =>
    importCertificate(pem, 'WECHATPAY_BRAND_CERTIFICATE', crypto),
  )
  const publicKeyId = environment.WECHATPAY_BRAND_PUBLIC_KEY_ID?.trim()
  return Promise.all([
    runCheck('brand id', () => checkBrandId(environment.WECHATPAY_BRAND_ID)),
    runCheck('brand private key', () => checkPrivateKey(BRAND, key, crypto)),
    runCheck('brand certificate', () => checkCertificate(BRAND, certificate, now)),
    runCheck('brand key pair', () => checkPair(BRAND, cert, key)),
    runCheck('brand serial', () => checkSerial(BRAND, environment.WECHATPAY_BRAND_SERIAL, certificate)),
    runCheck('brand API key', () => checkApiKey(apiKey)),
    runCheck('brand public key', () => checkPublicKey(BRAND, publicKeyId, publicKey, crypto)),
  ])
}

function checkBrandId(id: string | undefined): Check {
  const name = 'brand id'
  if (!id)
    return failedCheck(name, 'not set', `Set WECHATPAY_BRAND_ID to the id of the brand (品牌 ID): ${BRAND.place}`)
  return /^\d+$/.test(id)
    ? passedCheck(name, id)
    : failedCheck(name, 'WECHATPAY_BRAND_ID is not digits', `Use the id of the brand (品牌 ID): ${BRAND.place}`)
}

function checkApiKey({ value: key, problem }: Setting<string>): Check {
  const name = 'brand API key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return skippedCheck(
      name,
      'not set: without it no notification of the brand can be decrypted',
      `Set WECHATPAY_BRAND_API_KEY (品牌 API 密钥): ${BRAND.place}`,
    )
  const { length } = Buffer.from(key)
  return length === 32
    ? passedCheck(name, '32 bytes')
    : failedCheck(name, `${length} bytes instead of 32`, 'Copy all of it, without spaces')
}

/** Returns the line that tells that no call proves the keys, because a brand has permission for some products only. */
export const brandCallCheck = (environment: NodeEnvironment): Check[] =>
  hasBrand(environment)
    ? [skippedCheck('brand signed call', 'not made. To make one: wechatpay-edge request brand/card-member/cards')]
    : []
