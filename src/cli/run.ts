import { parseArgs } from 'node:util'
import { nearestName } from '../core/base/nearest-name.ts'
import { VERSION } from '../core/base/version.ts'
import { type Command, CommandError, type Option, usageError, type Values } from './command.ts'
import { helpOf, helpOfAll } from './help.ts'
import { jsonText, type Terminal } from './terminal.ts'

/** A command, loaded only when it is called. */
export interface CommandEntry {
  readonly summary: string
  readonly load: () => Promise<Command>
}

const HELP_ARGUMENTS: ReadonlySet<string> = new Set(['help', '--help', '-h'])
/** Letters of an unknown word that a refusal shows. */
const MAX_SHOWN = 80
const HELP_OPTION: Option = { name: 'help', short: 'h', description: 'Prints this help.' }

/**
 * Runs a command line.
 *
 * @param argv the arguments after the program's name
 * @returns the exit code: 0; 1 if the command failed; 2 if the command line is wrong
 */
export async function run(
  commands: Readonly<Record<string, CommandEntry>>,
  argv: readonly string[],
  terminal: Terminal,
): Promise<number> {
  try {
    // `help <command>` is `<command> --help`.
    const [name, ...rest] = argv[0] === 'help' && argv[1] ? [argv[1], '--help'] : argv
    if (name === '--version' || name === '-v') terminal.print(VERSION)
    else if (name === undefined || HELP_ARGUMENTS.has(name)) terminal.print(helpOfAll(summaries(commands)))
    else await runCommand(await loadCommand(commands, name), rest, terminal)
    return 0
  } catch (error) {
    // Loaded only now, because the errors of the library load much of it.
    const { failureOf } = await import('./failure.ts')
    const failure = failureOf(error)
    if (!failure) throw error
    const { exitCode, message, details } = failure
    terminal.warn(argv.includes('--json') ? jsonText({ error: { ...details, message } }) : message)
    return exitCode
  }
}

const summaries = (commands: Readonly<Record<string, CommandEntry>>): Record<string, string> =>
  Object.fromEntries(Object.entries(commands).map(([name, { summary }]) => [name, summary]))

async function loadCommand(commands: Readonly<Record<string, CommandEntry>>, name: string): Promise<Command> {
  if (Object.hasOwn(commands, name)) return commands[name]!.load()
  const names = Object.keys(commands)
  const near = nearestName(name, [...names, 'help', '--help', '--version'])
  const advice = near ? `Is ${near} meant? See: wechatpay-edge --help` : `Use one of ${names.join(', ')}.`
  throw usageError(`${JSON.stringify(name.slice(0, MAX_SHOWN))} is not a command. ${advice}`)
}

async function runCommand(command: Command, argv: string[], terminal: Terminal): Promise<void> {
  const withHelp: Command = { ...command, options: [...command.options, HELP_OPTION] }
  const { values, positionals } = parse(withHelp, argv)
  if (values.help) return terminal.print(helpOf(withHelp))
  requireNode(command)
  const { stopped, unread } = terminal
  const ends = unread && !command.outlivesReader ? AbortSignal.any([stopped, unread]) : stopped
  await command.run(values, { ...terminal, stopped: ends }, positionals)
}

/**
 * Requires the Node of a command before it looks at anything else, so that nobody corrects a configuration for a Node that cannot run it.
 *
 * @throws {CommandError} this Node is too old
 */
function requireNode({ name, minNode }: Command): void {
  const { node, bun, deno } = process.versions
  if (minNode === undefined || bun !== undefined || deno !== undefined) return
  const [major, minor] = node.split('.').map(Number)
  const [minMajor, minMinor = 0] = minNode.split('.').map(Number)
  if (major! > minMajor! || (major === minMajor && minor! >= minMinor)) return
  throw new CommandError(
    `wechatpay-edge ${name} requires Node ${minNode} or later, and this is Node ${node}. Install a later one: https://nodejs.org`,
  )
}

/** @throws {CommandError} an option is unknown or has no value, or there are too many operands */
function parse({ name, options, operands }: Command, args: string[]): { values: Values; positionals: string[] } {
  const known = Object.fromEntries(
    options.map(({ name: optionName, short, value, isRepeatable = false }) => [
      optionName,
      { type: value ? 'string' : 'boolean', multiple: isRepeatable, ...(short && { short }) },
    ]),
  ) as KnownOptions
  const unknown = findUnknownOption(args, known)
  if (unknown !== undefined) {
    const near = unknown.startsWith('--') ? nearestName(unknown.slice(2), Object.keys(known)) : undefined
    const question = near ? ` Is --${near} meant?` : ''
    throw usageError(`Unknown option '${unknown.slice(0, MAX_SHOWN)}'.${question} See: wechatpay-edge ${name} --help`)
  }
  try {
    const { values, positionals } = parseArgs({ args, options: known, allowPositionals: operands !== undefined })
    return { values: values as Values, positionals }
  } catch (error) {
    // Only the first sentence describes the problem; the others give advice that does not apply here.
    const [what] = (error as Error).message.split(/\. |\n/)
    throw usageError(`${what!.replace(/\.$/, '')}. See: wechatpay-edge ${name} --help`)
  }
}

type KnownOptions = Record<string, { type: 'string' | 'boolean'; multiple: boolean; short?: string }>

/** Returns the first option that a command does not have, as it was written. */
function findUnknownOption(args: string[], options: KnownOptions): string | undefined {
  const { tokens } = parseArgs({ args, options, strict: false, tokens: true })
  for (const token of tokens) if (token.kind === 'option' && !Object.hasOwn(options, token.name)) return token.rawName
  return undefined
}
