import type { Fields } from '../fields.ts'

/** Returns the number of a watch, prefixed by the sub-merchant if there is one, because two sub-merchants may use the same number. */
export const watchNumber = (fields: Fields, name: string): string =>
  [fields.sub_mchid ?? fields.sub_mch_id, fields[name]].filter(Boolean).join('/')

/** Returns the merchant's own number, without the prefix. */
export const ownNumber = (number: string): string => number.slice(number.indexOf('/') + 1)
