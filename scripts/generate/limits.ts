import type { Schema } from './openapi.ts'

/** No text of a message is longer; the longest documented has 10,240 characters. */
const MAX_TEXT = 2 ** 16
const TIME = '2018-06-08T10:34:56+08:00'

/**
 * Describes why a limit of a text cannot be right: it excludes a value or the example of its own schema, or another limit.
 * Tables of other sources have lengths that are examples, times in a format of their own, and limits of a shorter list of values.
 *
 * @param key the keyword of the limit
 * @returns undefined for a limit that may be right, and for any other keyword
 */
export function limitProblem(key: string, schema: Schema): string | undefined {
  const { maxLength = 0, minLength = 0, pattern = '', format } = schema
  const texts = [...(schema.enum ?? []), schema.example ?? []].flat().map(String)
  const unfit = (fits: (text: string) => boolean): string | undefined => {
    const text = texts.find(each => !fits(each))
    return text && `does not fit ${text}`
  }
  if (key === 'maxLength') {
    if (maxLength > MAX_TEXT) return 'is longer than any text'
    return maxLength < minLength ? `is less than minLength ${minLength}` : unfit(text => [...text].length <= maxLength)
  }
  if (key === 'minLength') return unfit(text => [...text].length >= minLength)
  if (key === 'pattern' && format === 'date-time' && !new RegExp(pattern).test(TIME))
    return 'does not fit format date-time'
  if (key === 'pattern') return unfit(text => new RegExp(pattern).test(text))
  return undefined
}
