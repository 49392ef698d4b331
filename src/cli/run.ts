import { parseArgs } from 'node:util'
import { VERSION } from '../core/version.ts'
import { type Command, type Option, usage, type Values } from './command.ts'
import { failureOf } from './failure.ts'
import { helpOf, helpOfAll } from './help.ts'
import type { Terminal } from './terminal.ts'

/** A command that is loaded when it is called. */
export interface Listed {
  readonly summary: string
  readonly load: () => Promise<Command>
}

const GENERAL_HELP: ReadonlySet<string> = new Set(['help', '--help', '-h'])
const HELP: Option = { name: 'help', short: 'h', text: 'This text.' }

/**
 * Runs what a command line asks for.
 *
 * @param argv what stands behind the program's name
 * @returns the exit code: 0; 1 when something failed; 2 when the command line is at fault
 */
export async function run(
  commands: Readonly<Record<string, Listed>>,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    // `help` stands before a command as `--help` does behind it.
    const [name, ...rest] = argv[0] === 'help' && argv[1] ? [argv[1], '--help'] : argv
    if (name === '--version' || name === '-v') terminal.print(VERSION)
    else if (name === undefined || GENERAL_HELP.has(name)) terminal.print(helpOfAll(summaries(commands)))
    else await runCommand(await find(commands, name), rest, terminal)
    return 0
  } catch (error) {
    const failure = failureOf(error)
    if (!failure) throw error
    const { exitCode, message, facts } = failure
    terminal.warn(argv.includes('--json') ? JSON.stringify({ error: { ...facts, message } }) : message)
    return exitCode
  }
}

const summaries = (commands: Readonly<Record<string, Listed>>): Record<string, string> =>
  Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary]))

async function find(commands: Readonly<Record<string, Listed>>, name: string): Promise<Command> {
  if (Object.hasOwn(commands, name)) return commands[name]!.load()
  throw usage(`There is no command ${JSON.stringify(name)}. There are: ${Object.keys(commands).join(', ')}.`)
}

async function runCommand(command: Command, argv: string[], terminal: Terminal): Promise<void> {
  const told: Command = { ...command, options: [...command.options, HELP] }
  const { values, positionals } = parse(told, argv)
  if (values.help) return terminal.print(helpOf(told))
  const { stopped, unread } = terminal
  const ends = unread && !command.outlivesReader ? AbortSignal.any([stopped, unread]) : stopped
  await command.run(values, { ...terminal, stopped: ends }, positionals)
}

/** @throws {CommandError} an option that there is not, one without its value, or an argument too many */
function parse({ name, options, takes }: Command, args: string[]): { values: Values; positionals: string[] } {
  const known = Object.fromEntries(
    options.map(({ name, short, value, many = false }) => [
      name,
      { type: value ? 'string' : 'boolean', multiple: many, ...(short && { short }) },
    ]),
  ) as Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }>
  try {
    const { values, positionals } = parseArgs({ args, options: known, allowPositionals: takes !== undefined })
    return { values: values as Values, positionals }
  } catch (error) {
    // Its first sentence says what is wrong; the others advise on what no command here takes.
    const [what] = (error as Error).message.split(/\. |\n/)
    throw usage(`${what!.replace(/\.$/, '')}. See: wechatpay-edge ${name} --help`)
  }
}
