import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'
import { WechatpayError } from '../../src/core/index.ts'
import { notificationTraits } from '../../src/definitions/generated/notification-traits.ts'
import { GATEWAY_VARIABLES } from '../../src/gateway/config/variables.ts'

// The codes that a program branches on, and the events that an operator greps for, are documented where they look.

const read = (path: string): string => readFileSync(path, 'utf8')
const sources = (folder: string): string[] =>
  (readdirSync(folder, { recursive: true }) as string[])
    .filter(path => path.endsWith('.ts') && !path.includes('generated'))
    .map(path => read(`${folder}/${path}`))
const matches = (texts: readonly string[], pattern: RegExp): string[] => [
  ...new Set(texts.flatMap(text => [...text.matchAll(pattern)].map(([, name]) => name!))),
]

const thrown = sources('src')
/** The members of the unions of codes, and the codes that an error class declares itself. */
const errorCodes = matches(
  thrown
    .filter(text => / extends (?:Wechatpay|Response)Error\b/.test(text))
    .flatMap(text => [
      ...[...text.matchAll(/^export type \w+Code =[^\n]*(?:\n {2}(?:[|/]| \*)[^\n]*)*/gm)].map(([union]) => union),
      ...[...text.matchAll(/^ {2}declare readonly code: [^\n]+|extends \w+Error<'[^\n]+/gm)].map(([code]) => code),
    ]),
  /'([A-Z_\d]+)'/g,
)
const errorClasses = matches(
  thrown,
  /^export class (\w+) extends (?:Wechatpay|Response|Configuration)Error\b/gm,
).filter(name => name !== 'ResponseError')

it.each(['docs/errors.md', 'docs/errors.zh-CN.md'])(
  '%s lists every error of the library and its codes, and no others',
  path => {
    const rows = [...read(path).matchAll(/^\| (`\w+Error`[^|]*)\|([^|]*)\|/gm)]
    const column = (at: number) =>
      matches(
        rows.map(row => row[at]!),
        /`(\w+)`/g,
      )
    expect(errorCodes.length).toBeGreaterThan(45)
    expect(column(2).sort()).toEqual(errorCodes.toSorted())
    expect(column(1).sort()).toEqual(errorClasses.toSorted())
  },
)

it('every error that an entry of the package exports is a WechatpayError, but for the simulator’s, which the documents name', async () => {
  const { exports } = JSON.parse(read('package.json')) as { exports: Record<string, { default?: string }> }
  const outside: string[] = []
  let count = 0
  for (const { default: path } of Object.values(exports)) {
    if (path === undefined) continue
    const members = await import(resolve(path.replace('dist', 'src').replace(/js$/, 'ts')))
    for (const [name, member] of Object.entries(members)) {
      if (!(Object(member).prototype instanceof Error)) continue
      count++
      if (!(Object(member).prototype instanceof WechatpayError) && member !== WechatpayError) outside.push(name)
    }
  }
  expect(count).toBeGreaterThan(20)
  expect(outside.sort()).toEqual(['ConnectionCut', 'Rejection', 'RemoteSimulatorError', 'StateError'])
  for (const path of ['docs/errors.md', 'docs/errors.zh-CN.md'])
    expect(outside.filter(name => !read(path).includes(`\`${name}\``))).toEqual([])
})

it('worker/README.md names every code of the gateway’s problems', () => {
  const text = read('worker/README.md')
  const codes = matches(sources('src/gateway'), /code: '([A-Z_]{4,})'/g).filter(code => code !== 'FAIL')
  expect(codes.length).toBeGreaterThan(20)
  expect(codes.filter(code => !text.includes(`\`${code}\``))).toEqual([])
})

it('worker/README.md names every event of the logs', () => {
  const text = read('worker/README.md')
  const events = matches(
    [...sources('src/gateway'), ...sources('src/server'), ...sources('worker')],
    /\blog(?:\.(?:debug|info|warn|error)|\[[^\]]+\])\(\s*'([^']+)'/g,
  )
  expect(events.length).toBeGreaterThan(10)
  expect(events.filter(event => !text.includes(`\`${event}\``))).toEqual([])
})

it.each(['docs/gateway.md', 'docs/gateway.zh-CN.md'])(
  '%s lists every variable that `serve` reads beside the merchant’s',
  path => {
    const rows = [...read(path).matchAll(/^\| ((?:`[A-Z_]+` ?)+)\|/gm)].flatMap(([, names]) => names!.trim().split(' '))
    const variables = [...GATEWAY_VARIABLES, 'PUBLIC_URL', 'GATEWAY_DATA', 'WECHATPAY_MERCHANTS']
    expect(variables.filter(name => !rows.includes(`\`${name}\``))).toEqual([])
    const known = sources('src').join()
    expect(rows.filter(name => !known.includes(name.slice(1, -1).replace(/^WECHATPAY_/, '')))).toEqual([])
  },
)

it.each(['docs/notifications.md', 'docs/notifications.zh-CN.md'])(
  '%s names the events of APIv2 that WeChat Pay itself does not name',
  path => {
    const text = read(path)
    const names = Object.keys(notificationTraits).flatMap(key => /^v2\/([a-z-]+)$/.exec(key)?.slice(1) ?? [])
    expect(names.length).toBeGreaterThan(4)
    expect(names.filter(name => !text.includes(`\`${name}\``))).toEqual([])
  },
)
