import { ConfigurationError } from '../../core/index.ts'

/** A mistake in the configuration, and how to fix it. */
export interface ConfigurationProblem {
  /** `OPTION_MISSING`: it has to be set. `OPTION_INVALID`: it is set and cannot be right. Default: `OPTION_INVALID`. */
  readonly code?: ProblemCode
  /** The variable, or what in GATEWAY_CONFIG: `GATEWAY_CONFIG.callers[0].allow`. */
  readonly option: string
  /** Never has a value in it that may be secret. */
  readonly message: string
}

export type ProblemCode = 'OPTION_MISSING' | 'OPTION_INVALID'

/** Takes a mistake down, so that all are named at once. */
export type Report = (option: string, message: string, code?: ProblemCode) => void

/** Reports that something has to be set, which is not. */
export const reportMissing = (report: Report, option: string, message: string): void =>
  report(option, `missing${message}`, 'OPTION_MISSING')

/**
 * The gateway's configuration is missing or wrong: every mistake in it, a line each. `code` and `option` are those of the first.
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
