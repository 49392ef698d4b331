import { ConfigurationError } from '../../core/index.ts'

/** A mistake in the configuration, and how to mend it. */
export interface ConfigurationProblem {
  /** The variable, or what in GATEWAY_CONFIG: `GATEWAY_CONFIG.callers[0].allow`. */
  readonly option: string
  /** Never has a value in it that may be secret. */
  readonly message: string
}

/** Takes a mistake down, so that all are named at once. */
export type Report = (option: string, message: string) => void

/** The gateway's configuration is missing or wrong: every mistake in it, a line each. */
export class GatewayConfigurationError extends ConfigurationError {
  override readonly name: string = 'GatewayConfigurationError'
  declare readonly problems: readonly ConfigurationProblem[]

  constructor(problems: readonly [ConfigurationProblem, ...ConfigurationProblem[]]) {
    super('OPTION_INVALID', problems[0].option, problems[0].message)
    this.message = problems
      .map(({ option, message }) => `${option}: ${message}${message.endsWith('?') ? '' : '.'}`)
      .join('\n')
    Object.assign(this, { problems })
  }
}
