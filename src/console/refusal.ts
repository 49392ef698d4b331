import { ApiError, UnreachableError } from './api.ts'
import type { Language } from './settings.ts'

/** Why something failed, in the language of the reader where it can be. */
export interface Refusal {
  readonly text: string
  /** Set if the text is in another language than the page. */
  readonly lang?: 'en'
}

/**
 * Says why an action failed. For what WeChat Pay or the shopper refuses, the simulator has WeChat Pay's own message, in Chinese; any other
 * error is shown as it is.
 *
 * @param unreachable said if there was no response
 */
export function refusalOf(error: unknown, language: Language, unreachable: string): Refusal {
  if (error instanceof UnreachableError) return { text: unreachable }
  const message = error instanceof Error ? error.message : String(error)
  if (language === 'en') return { text: message }
  if (error instanceof ApiError && error.messageZh !== undefined) return { text: `${error.messageZh}（${error.code}）` }
  return { text: message, lang: 'en' }
}
