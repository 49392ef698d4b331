import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { type Command, CommandError, type Values } from '../../src/cli/command.ts'
import { run } from '../../src/cli/run.ts'
import { createReport } from '../../src/cli/simulator/report.ts'

let told: Values | undefined
const brew: Command = {
  name: 'brew',
  description: 'Brews tea.',
  options: [
    { name: 'cups', short: 'c', value: '<count>', description: 'How many.\nDefault 1.' },
    { name: 'milk', description: 'With milk.' },
  ],
  epilogue: 'Then drink it.',
  async run(values) {
    told = values
    if (values.cups === '0') throw new CommandError('No cup. Take one.')
  },
}

async function brewing(...argv: string[]) {
  told = undefined
  const [out, errors]: [string[], string[]] = [[], []]
  const stopped = new AbortController().signal
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const code = await run({ brew: { summary: 'Tea.', load: async () => brew } }, argv, terminal)
  return { code, out: out.join('\n'), errors }
}

describe('a command line', () => {
  it('reaches its command', async () => {
    expect(await brewing('brew', '--cups', '2', '--milk')).toEqual({ code: 0, out: '', errors: [] })
    expect(told).toEqual({ cups: '2', milk: true })
    await brewing('brew', '-c', '3')
    expect(told).toEqual({ cups: '3' })
  })

  it.each([
    [['tea'], /^"tea" is not a command\. Use one of brew\.$/],
    [['x'], /^"x" is not a command\. Use one of brew\.$/],
    [['ls'], /^"ls" is not a command\. Use one of brew\.$/],
    [['brow'], /^"brow" is not a command\. Is brew meant\? See: wechatpay-edge --help$/],
    [['help', 'brow'], /^"brow" is not a command\. Is brew meant\?/],
    [['--versoin'], /Is --version meant\?/],
    [['__proto__'], /^"__proto__" is not a command/],
    [['brew', '--sugar', '2'], /^Unknown option '--sugar'\. See: wechatpay-edge brew --help$/],
    [['brew', '--cup', '2'], /^Unknown option '--cup'\. Is --cups meant\? See: wechatpay-edge brew --help$/],
    [['brew', '--mlik'], /Is --milk meant\?/],
    [['brew', '--hlep=1'], /Is --help meant\?/],
    [['brew', '-m'], /^Unknown option '-m'\. See:/],
    [['brew', '--__proto__'], /^Unknown option '--__proto__'\. See:/],
    [[`brew${'w'.repeat(100_000)}`], /^"brew{1,80}" is not a command\. Use one of brew\.$/],
    [['brew', `--${'c'.repeat(100_000)}`], /^Unknown option '--c{78}'\. See:/],
    [['brew', '--cups'], /^Option '-c, --cups <value>' argument missing\. See:/],
    [['brew', '--milk=2'], /^Option '--milk' does not take an argument\. See:/],
    [['brew', 'green'], /^Unexpected argument 'green'/],
  ])('%j is refused in one line with exit code 2', async (argv, line) => {
    const { code, errors } = await brewing(...argv)
    expect([code, errors]).toEqual([2, [expect.stringMatching(line)]])
    expect(told).toBeUndefined()
  })

  it.each([
    ['99', false],
    [`${process.versions.node.split('.')[0]}.999`, false],
    [process.versions.node.split('.').slice(0, 2).join('.'), true],
    ['18.999', true],
  ])('of a command that requires Node %s runs it only on that or a later one', async (minNode, runs) => {
    const brewOn: Command = { ...brew, minNode }
    const errors: string[] = []
    const terminal = {
      print: () => {},
      warn: (line: string) => void errors.push(line),
      stopped: new AbortController().signal,
    }
    told = undefined
    const code = await run({ brew: { summary: 'Tea.', load: async () => brewOn } }, ['brew', '--milk'], terminal)
    const refusal = expect.stringContaining(`requires Node ${minNode} or later`)
    expect([code, errors, told]).toEqual(runs ? [0, [], { milk: true }] : [1, [refusal], undefined])
  })

  it('that fails ends with 1 and one line', async () => {
    expect(await brewing('brew', '--cups', '0')).toEqual({ code: 1, out: '', errors: ['No cup. Take one.'] })
  })

  it('asks for help', async () => {
    expect((await brewing()).out).toContain('brew    Tea.')
    expect((await brewing('--help')).out).toContain('<command>')
    const { out } = await brewing('brew', '-h')
    expect(out).toBe(
      [
        'wechatpay-edge brew [options]\n\nBrews tea.\n\nOptions:',
        '  -c, --cups <count>    How many.',
        '                        Default 1.',
        '  --milk                With milk.',
        '  -h, --help            Prints this help.\n\nThen drink it.',
      ].join('\n'),
    )
    expect(told).toBeUndefined()
  })

  it('asks for the version of the package', async () => {
    expect((await brewing('--version')).out).toBe(JSON.parse(await readFile('package.json', 'utf8')).version)
  })
})

describe('a report', () => {
  const reported = (how: { json?: boolean; quiet?: boolean }) => {
    const lines: string[] = []
    const options = { json: false, quiet: false, now: () => Date.UTC(2026, 0, 1), ...how }
    const report = createReport({ print: line => lines.push(line) }, options)
    report.started('at http://x', { url: 'http://x' })
    report.request({ method: 'GET', target: '/v3/a?secret=1', status: 401, code: 'SIGN_ERROR', signature: 'invalid' })
    report.request({ method: 'POST', target: '/\x1b[2J\x9b\n%2F', status: 404, code: '404', signature: 'absent' })
    report.notification({ url: 'http://y/n?secret=1', event: 'TRANSACTION.SUCCESS', status: 204 })
    return lines
  }

  it('is a line a request, without queries and without what steers a terminal', () => {
    const [started, ...lines] = reported({})
    expect(started).toBe('at http://x')
    expect(lines.map(line => line.replace(/^\d\d:\d\d:00\.000 {2}/, ''))).toEqual([
      'GET   /v3/a  401 SIGN_ERROR  signature INVALID',
      'POST  /%1B[2J%C2%9B%0A%2F  404  unsigned',
      '⇒     http://y/n  TRANSACTION.SUCCESS  204',
    ])
  })

  it('is an object a line', () => {
    const time = '2026-01-01T00:00:00.000Z'
    expect(reported({ json: true }).map(line => JSON.parse(line))).toEqual([
      { kind: 'started', url: 'http://x' },
      { time, kind: 'request', method: 'GET', path: '/v3/a', status: 401, code: 'SIGN_ERROR', signature: 'invalid' },
      {
        time,
        kind: 'request',
        method: 'POST',
        path: '/%1B[2J%C2%9B%0A%2F',
        status: 404,
        code: '404',
        signature: 'absent',
      },
      { time, kind: 'notification', url: 'http://y/n', event: 'TRANSACTION.SUCCESS', status: 204 },
    ])
  })

  it('is only the start where that is enough', () => {
    expect(reported({ quiet: true })).toHaveLength(1)
  })
})
