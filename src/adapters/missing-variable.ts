import { ConfigurationError } from '../core/index.ts'

/**
 * Adds to the error of a missing variable where a runtime finds variables.
 *
 * @param advice a sentence without its full stop
 * @returns other errors as they are
 */
export function withAdvice(error: unknown, advice: string): unknown {
  if (!(error instanceof ConfigurationError) || error.code !== 'OPTION_MISSING') return error
  const { code, option, message, cause } = error
  const why = message.slice(`${option}: `.length, -1)
  return new ConfigurationError(code, option, `${why}. ${advice}`, cause)
}
