import { ConfigurationError } from '../../core/index.ts'

/** A mistake in the configuration, and how to fix it. */
export interface ConfigurationProblem {
  /** `OPTION_MISSING`: it must be set. `OPTION_INVALID`: its value is invalid. Default: `OPTION_INVALID`. */
  readonly code?: ProblemCode
  /** The variable, or the path in GATEWAY_CONFIG: `GATEWAY_CONFIG.callers[0].allow`. */
  readonly option: string
  /** Contains no value that may be secret. */
  readonly message: string
}

export type ProblemCode = 'OPTION_MISSING' | 'OPTION_INVALID'

/** Collects a problem, so that all of them are reported at once. */
export type Report = (option: string, message: string, code?: ProblemCode) => void

/** Reports that a required option is not set. */
export const reportMissing = (report: Report, option: string, message: string): void =>
  report(option, `missing${message}`, 'OPTION_MISSING')

/**
 * The gateway's configuration is incomplete or invalid. The message has a line for each problem; `code` and `option` are those of the
 * first.
 */
export class GatewayConfigurationError extends ConfigurationError {
  override readonly name: string = 'GatewayConfigurationError'
  declare readonly problems: readonly ConfigurationProblem[]

  constructor(problems: readonly [ConfigurationProblem, ...ConfigurationProblem[]]) {
    super(problems[0].code ?? 'OPTION_INVALID', problems[0].option, problems[0].message)
    this.message = problems
      .map(({ option, message }) => `${option}: ${message}${message.endsWith('?') ? '' : '.'}`)
      .join('\n')
    Object.assign(this, { problems })
  }
}
