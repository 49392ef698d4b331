import type { World } from '../world.ts'
import { ResultFault } from './fault.ts'
import type { Params } from './signature.ts'

/** An endpoint: a row of the table. */
export interface Route {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** The call must present the merchant's client certificate. */
  readonly mtls?: true
  /** The message carries no `nonce_str`. */
  readonly nonceless?: true
  /** `secsvc` calls `err_code` by another name. */
  readonly errorNames?: readonly [code: string, description: string]
  readonly required: Rules
  readonly optional?: Rules
  /** @returns the answer's own fields, or where to redirect to */
  handle(params: Params, world: World): Readonly<Record<string, string | number | undefined>> | URL
}

export type Rules = Readonly<Record<string, RegExp>>

export const TEXT: RegExp = /^[\s\S]{1,2048}$/
export const AMOUNT: RegExp = /^[1-9]\d{0,9}$/
export const NUMBER: RegExp = /^[\w\-|*@]{1,64}$/

/** @throws {ResultFault} `LACK_PARAMS`, `PARAM_ERROR`, `APPID_MCHID_NOT_MATCH` */
export function check(params: Params, { required, optional = {}, nonceless }: Route, { merchant }: World): void {
  const due: Rules = { appid: TEXT, ...(!nonceless && { nonce_str: /^\S{1,32}$/ }), ...required }
  for (const [name, rule] of Object.entries(due)) {
    if (!params[name]) throw new ResultFault('LACK_PARAMS', `缺少参数${name}`)
    if (!rule.test(params[name])) throw new ResultFault('PARAM_ERROR', `${name}参数格式错误`)
  }
  for (const [name, rule] of Object.entries(optional))
    if (params[name] && !rule.test(params[name])) throw new ResultFault('PARAM_ERROR', `${name}参数格式错误`)
  if (params.appid !== merchant.appid) throw new ResultFault('APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配')
}
