import type { Fields } from '../fields.ts'

/** Returns the number that names a watch: behind the sub-merchant where there is one, because two sub-merchants may use the same. */
export const watchNumber = (fields: Fields, name: string): string =>
  [fields.sub_mchid ?? fields.sub_mch_id, fields[name]].filter(Boolean).join('/')

/** Returns the merchant's own number, without the sub-merchant before it. */
export const ownNumber = (number: string): string => number.slice(number.indexOf('/') + 1)
