import type { Terminal } from './terminal.ts'

/** The values of a command line by option name: text, lists of text for repeatable options, and switches. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>

/** An option of a command, which is also a row of its help. */
export interface Option {
  readonly name: string
  readonly short?: string
  /** The placeholder of the value in the help, such as `<port>`; absent for a switch. */
  readonly value?: string
  /** The option may be given several times; its value is a list. */
  readonly isRepeatable?: true
  /** Its text in the help. A line break starts a new line there. */
  readonly description: string
}

/** A command of `wechatpay-edge`. */
export interface Command {
  readonly name: string
  /** The purpose of the command; the help shows it above the options. */
  readonly description: string
  readonly options: readonly Option[]
  /** The operands as the help shows them, such as `<file>`; absent if the command accepts none. */
  readonly operands?: string
  /** Text below the options: what to do next. */
  readonly epilogue?: string
  /** The first version of Node that can run the command, if it needs a later one than the others: `22.13`. */
  readonly minNode?: string
  /** The command keeps running when nobody reads its output, as a server does. Any other command ends, as in `… | head`. */
  readonly outlivesReader?: true
  /** Runs the command until its work is done or `terminal.stopped` fires. */
  run(values: Values, terminal: Terminal, args: readonly string[]): Promise<void>
}

/** An error that the user of the command can correct. Its message is one line that says how. */
export class CommandError extends Error {
  override readonly name: string = 'CommandError'
  /** 2 if the command line is wrong, otherwise 1. */
  readonly exitCode: 1 | 2
  /** Details for programs, printed beside the message as JSON. */
  readonly details: Readonly<Record<string, unknown>>

  constructor(message: string, exitCode: 1 | 2 = 1, details: Readonly<Record<string, unknown>> = {}) {
    super(message)
    this.exitCode = exitCode
    this.details = details
  }
}

export const usageError = (message: string): CommandError => new CommandError(message, 2)
