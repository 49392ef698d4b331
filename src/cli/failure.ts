import {
  CallError,
  ConfigurationError,
  ResponseError,
  ServiceError,
  TransportError,
  WechatpayError,
} from '../core/base/errors.ts'
import { GatewayConfigurationError } from '../gateway/config/problem.ts'
import { CommandError } from './command.ts'
import { singleLine } from './terminal.ts'

/** The message of a command that failed, and its exit code. */
export interface Failure {
  readonly message: string
  readonly exitCode: 1 | 2
  /** Details for programs, printed beside the message as JSON. */
  readonly details: Readonly<Record<string, unknown>>
}

/** The environment variables that set the library's options. */
const VARIABLE_OF_OPTION: Readonly<Record<string, string>> = {
  mchid: 'WECHATPAY_MCHID',
  serial: 'WECHATPAY_SERIAL',
  certificate: 'WECHATPAY_CERTIFICATE',
  privateKey: 'WECHATPAY_PRIVATE_KEY',
  apiv3Key: 'WECHATPAY_APIV3_KEY',
  apiv2Key: 'WECHATPAY_APIV2_KEY',
  baseUrl: 'WECHATPAY_BASE_URL',
  platformKeys: 'WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID',
  mtlsFetch: 'WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY',
  brand: 'WECHATPAY_BRAND_ID and the other variables WECHATPAY_BRAND_…',
  'brand.brandId': 'WECHATPAY_BRAND_ID',
  'brand.serial': 'WECHATPAY_BRAND_SERIAL',
  'brand.certificate': 'WECHATPAY_BRAND_CERTIFICATE',
  'brand.privateKey': 'WECHATPAY_BRAND_PRIVATE_KEY',
  'brand.apiKey': 'WECHATPAY_BRAND_API_KEY',
  'brand.platformKeys': 'WECHATPAY_BRAND_PUBLIC_KEY and WECHATPAY_BRAND_PUBLIC_KEY_ID',
}

/** Describes an error to the user of the command; undefined if it is a bug of this program. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof CommandError)
    return { message: singleLine(error.message), exitCode: error.exitCode, details: error.details }
  if (!(error instanceof WechatpayError)) return undefined
  const { code } = error
  // Its message names variables already, one mistake per line.
  if (error instanceof GatewayConfigurationError)
    return {
      message: error.message.split('\n').map(singleLine).join('\n'),
      exitCode: 1,
      details: { code, problems: error.problems },
    }
  const message = singleLine(messageOf(error))
  const details = { code, ...detailsOf(error) }
  return { message, exitCode: error instanceof CallError ? 2 : 1, details }
}

/** Returns the library's message with the names of variables in place of options. */
export function messageOf(error: Error): string {
  const { message } = error
  if (error instanceof ConfigurationError) {
    const { option } = error
    const [, name = '', id] = OPTION_NAME.exec(option)!
    // A certificate that is named by its serial was read from the file of that name.
    const variable = id && /^[0-9A-F]+$/i.test(id) ? `wechatpay_${id}.pem` : variableOf(name)
    if (name === 'mtlsFetch') return `${variable} are needed: this call requires the client certificate (双向证书).`
    if (message.startsWith(`${option}: `)) return inVariables(variable + message.slice(option.length))
  }
  if (error instanceof ServiceError && error.detail !== undefined)
    return `${message} ${JSON.stringify(error.detail, (_, value) => (typeof value === 'bigint' ? String(value) : value))}`
  return inVariables(message)
}

/** Captures the name of an option, with that of the brand before it, and the id of a key in it. */
const OPTION_NAME = /^((?:brand\.)?[^.]*)\.?(.*)$/s
/** Returns the variable that sets an option: `WECHATPAY_APIV3_KEY` for `apiv3Key`. */
export const variableOf = (option: string): string => VARIABLE_OF_OPTION[option] ?? option
const inVariables = (text: string): string =>
  text.replace(/"([\w.]+)"/g, (quoted, name: string) =>
    Object.hasOwn(VARIABLE_OF_OPTION, name) ? VARIABLE_OF_OPTION[name]! : quoted,
  )

function detailsOf(error: WechatpayError): object {
  if (error instanceof ConfigurationError) return { variable: variableOf(OPTION_NAME.exec(error.option)![1]!) }
  if (error instanceof CallError) return { field: error.field }
  if (error instanceof TransportError) return { mayHaveTakenEffect: error.mayHaveTakenEffect }
  if (!(error instanceof ResponseError)) return {}
  const { status, requestId, mayHaveTakenEffect } = error
  const service =
    error instanceof ServiceError
      ? {
          serviceCode: error.serviceCode,
          serviceMessage: error.serviceMessage,
          detail: error.detail,
          verifiedBy: error.verifiedBy,
        }
      : {}
  return { status, requestId, mayHaveTakenEffect, ...service }
}
