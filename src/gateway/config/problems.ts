import { ConfigurationError } from '../../core/errors.ts'

/** A mistake of a configuration. */
export interface ConfigProblem {
  /** The variable, or the member of `GATEWAY_CONFIG`, that has to be mended: `GATEWAY_CONFIG.callers[0].allow`. */
  readonly option: string
  /** What is wrong with it and what to do, without a full stop. */
  readonly message: string
}

/** Takes down a mistake. Reading goes on, so that all are told at once. */
export type Report = (option: string, message: string) => void

/** The configuration of the gateway is wrong: all mistakes, a line each. No value of a secret is among them. */
export class GatewayConfigurationError extends ConfigurationError {
  override readonly name: string = 'GatewayConfigurationError'
  declare readonly code: 'OPTION_INVALID'
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly [ConfigProblem, ...ConfigProblem[]]) {
    const [{ option, message }, ...others] = problems
    const lines = [message, ...others.map(other => `${other.option}: ${other.message}`)]
    super('OPTION_INVALID', option, lines.join('.\n'))
    this.problems = problems
  }
}

/**
 * Reads what may have mistakes.
 *
 * @throws {GatewayConfigurationError} with all that were reported, each once
 */
export function reporting<T>(read: (report: Report) => T): T {
  const problems = new Map<string, ConfigProblem>()
  const result = read((option, message) => problems.set(`${option}: ${message}`, { option, message }))
  const [first, ...others] = problems.values()
  if (first) throw new GatewayConfigurationError([first, ...others])
  return result
}
