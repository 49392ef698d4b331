import type { Refusal } from '../refusal.ts'
import type { Language } from '../settings.ts'
import { REFUSALS_ZH } from './refusals-zh.ts'
import { GatewayError } from './session.ts'

/**
 * Says why the gateway refused a request, in the language of the reader. The gateway itself explains in English, for programs; the page knows
 * its codes.
 */
export function gatewayRefusalOf({ code, message }: GatewayError, readersLanguage: Language): Refusal {
  if (readersLanguage === 'en') return { text: message }
  const text = Object.hasOwn(REFUSALS_ZH, code) ? REFUSALS_ZH[code] : undefined
  return text === undefined ? { text: message, lang: 'en' } : { text: `${text}（${code}）` }
}

/** Returns an error of any kind as one of the gateway, which has not responded if it is another's. */
export const toGatewayError = (error: unknown): GatewayError =>
  error instanceof GatewayError ? error : new GatewayError(0, 'UNREACHABLE', String(error))
