import type { Terminal } from './terminal.ts'

/** The values of a command line: text options, those that may stand there often, and switches, by name. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** An option of a command: a row of its help. */
export interface Option {
  readonly name: string
  readonly short?: string
  /** The placeholder of the value in the help, `<port>`; a switch takes none. */
  readonly value?: string
  /** It may be given several times: a list. */
  readonly many?: true
  /** Its description in the help. A line break begins a line of its own. */
  readonly text: string
}

/** A command of `wechatpay-edge`. */
export interface Command {
  readonly name: string
  /** Its purpose, above its options in the help. */
  readonly about: string
  readonly options: readonly Option[]
  /** What stands between its name and its options, as the help has it: `<file>`. Without it nothing may. */
  readonly takes?: string
  /** Below the options: what to do next. */
  readonly more?: string
  /** It goes on when nobody reads what it prints: a server. Any other command ends, as in `… | head`. */
  readonly outlivesReader?: true
  /** Ends when the work is done, or when `terminal.stopped` fires. */
  run(values: Values, terminal: Terminal, args: readonly string[]): Promise<void>
}

/** An error that the user of the command can correct: one line that says how. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  /** 2: the command line is at fault; 1: all else. */
  readonly exitCode: 1 | 2

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message)
    this.exitCode = exitCode
  }
}

export const usage = (message: string): CommandError => new CommandError(message, 2)
