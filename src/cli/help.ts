import type { Command, Option } from './command.ts'

/** The help of one command: what it is for, its options, what to do next. */
export const helpOf = ({ name, takes, about, options, more }: Command): string =>
  [
    `wechatpay-edge ${name} ${takes ? `${takes} ` : ''}[options]`,
    about,
    `Options:\n${list(options.map(option => [written(option), option.text]))}`,
    ...(more ? [more] : []),
  ].join('\n\n')

/** The help of the program: its commands. */
export const helpOfAll = (commands: Readonly<Record<string, string>>): string =>
  [
    'wechatpay-edge <command> [options]',
    `Commands:\n${list(Object.entries(commands))}`,
    'wechatpay-edge <command> --help says more.',
  ].join('\n\n')

const written = ({ name, short, value }: Option): string =>
  `${short ? `-${short}, ` : ''}--${name}${value ? ` ${value}` : ''}`

/** Names to the left, what they mean to the right, further lines below. */
function list(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length)) + 4
  return rows
    .map(([name, text]) => `  ${name.padEnd(width)}${text.replaceAll('\n', `\n${' '.repeat(width + 2)}`)}`)
    .join('\n')
}
