import type { Command, Option } from './command.ts'

/** Returns the help of one command: its purpose, its options, and what to do next. */
export const helpOf = ({ name, operands, description, options, epilogue }: Command): string =>
  [
    `wechatpay-edge ${name} ${operands ? `${operands} ` : ''}[options]`,
    description,
    `Options:\n${formatRows(options.map(option => [optionText(option), option.description]))}`,
    ...(epilogue ? [epilogue] : []),
  ].join('\n\n')

/** Returns the help of the program: its commands. */
export const helpOfAll = (commands: Readonly<Record<string, string>>): string =>
  [
    'wechatpay-edge <command> [options]',
    `Commands:\n${formatRows(Object.entries(commands))}`,
    'Help for a command: wechatpay-edge <command> --help',
  ].join('\n\n')

const optionText = ({ name, short, value }: Option): string =>
  `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`

/** Aligns texts in a column behind their names. */
function formatRows(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows
    .map(([name, text]) => `  ${name.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`)
    .join('\n')
}
