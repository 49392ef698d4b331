import { kindOf } from '../core/base/error-text.ts'
import { CallError } from '../core/base/errors.ts'

type Check = (value: unknown, field: string) => void
type Fields = Readonly<Record<string, unknown>>

/**
 * Checks the shape of an expectation. One without a usable total would compare nothing and accept every order, so
 * unknown keys (`amount`, `payer_total`) are refused too.
 *
 * @param expected the caller's value
 * @throws {CallError} `PARAMETER_INVALID`, `OPTION_UNKNOWN`: names the field (`expect.total`), never its value
 */
export function requireExpectation(expected: unknown): void {
  const isCombined = 'orders' in requireObject(expected, 'expect')
  checkFields(expected, 'expect', isCombined ? COMBINED : ORDER)
}

function checkFields(value: unknown, field: string, checks: Readonly<Record<string, Check>>): void {
  const fields = requireObject(value, field)
  for (const name of Object.keys(fields))
    if (!Object.hasOwn(checks, name))
      throw new CallError('OPTION_UNKNOWN', `${field}.${name}`, `not one of ${Object.keys(checks).join(', ')}`)
  for (const [name, check] of Object.entries(checks)) check(fields[name], `${field}.${name}`)
}

function requireObject(value: unknown, field: string): Fields {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw new CallError('PARAMETER_INVALID', field, `${kindOf(value)}. Give an object, such as { total: 100, appid }`)
}

function requireTotal(value: unknown, field: string): void {
  const isAmount = typeof value === 'bigint' || Number.isSafeInteger(value)
  if (!isAmount || (value as number | bigint) < 0)
    throw new CallError(
      'PARAMETER_INVALID',
      field,
      'give the amount as an integer, in fen or the smallest unit of its currency',
    )
}

function checkText(value: unknown, field: string): void {
  if (value !== undefined && (typeof value !== 'string' || value === ''))
    throw new CallError('PARAMETER_INVALID', field, 'give text, or leave it out')
}

const AMOUNT: Readonly<Record<string, Check>> = { total: requireTotal, currency: checkText }
const ORDER: Readonly<Record<string, Check>> = { ...AMOUNT, appid: checkText, sub_appid: checkText }
const COMBINED: Readonly<Record<string, Check>> = {
  appid: checkText,
  orders: (value, field) => {
    const orders = Object.entries(requireObject(value, field))
    if (orders.length === 0)
      throw new CallError('PARAMETER_INVALID', field, 'empty. Give each by its out_trade_no: { A1: { total: 100 } }')
    for (const [number, order] of orders) checkFields(order, `${field}.${number}`, AMOUNT)
  },
}
