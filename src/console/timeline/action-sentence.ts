import { formatDuration } from '../clock/offset.ts'
import { moneyOf } from '../money.ts'
import type { Language } from '../settings.ts'
import { fill } from '../template.ts'
import { ACTION_WORDS } from './action-words.ts'

/** Reads the parameters of a row, which are cut where they are long. */
function parametersOf(json: string): readonly unknown[] {
  try {
    const parameters: unknown = JSON.parse(json)
    return Array.isArray(parameters) ? parameters : []
  } catch {
    return []
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : undefined

/**
 * Says in a sentence what an action did. A parameter that cannot be read is left out; the details of the entry have them all.
 *
 * @param parameters JSON, as in the timeline's rows
 */
export function sentenceOf(name: string, parameters: string, language: Language): string {
  const template = Object.hasOwn(ACTION_WORDS[language], name) ? ACTION_WORDS[language][name] : undefined
  if (!template) return name
  const given = parametersOf(parameters)
  const fields = Object.assign({}, ...given.filter(value => Object(value) === value)) as Readonly<
    Record<string, unknown>
  >
  const [first, second] = given
  const amount = typeof first === 'number' ? first : undefined
  return fill(template, {
    text0: textOf(first),
    text1: textOf(second),
    money0: amount === undefined ? undefined : moneyOf(amount),
    duration0: amount === undefined ? undefined : formatDuration(amount, language),
    order: textOf(fields.out_trade_no ?? fields.combine_out_trade_no ?? fields.prepay_id),
    contract: textOf(fields.contract_code ?? fields.contract_id),
    stock: textOf(fields.stock_id),
    plate: textOf(fields.plate_number),
    fapiao: textOf(fields.fapiao_id ?? fields.fapiao_apply_id),
    merchant: textOf(fields.sub_mchid),
    state: textOf(fields.applyment_state),
  })
}
