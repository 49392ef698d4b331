import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { loadSkills } from '@modelcontextprotocol/server/ext/skills/node'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { TOOLS } from '../../src/cli/mcp/tools.ts'
import { codeBlocks } from './documents.ts'

// An agent copies code from the skill: every block of it runs, and prints what its comments say.

const FOLDER = 'skills/wechatpay-edge'
const pages = (readdirSync(FOLDER, { recursive: true }) as string[])
  .filter(path => path.endsWith('.md'))
  .map(path => join(FOLDER, path))
const blocks = pages.flatMap(codeBlocks)
const programs = blocks.filter(({ language }) => language === 'ts')

const SOURCES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<string[]>(JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions.paths).map(
    ([entry, [path]]) => [entry, resolve(path!)],
  ),
)

const cache = resolve('node_modules/.cache/skill')
beforeAll(() => mkdir(cache, { recursive: true }))
afterAll(() => rm(cache, { recursive: true, force: true }))

/** Returns what a program says that it prints: the comment behind each `console.log(…)`. `…` stands for any text. */
const expectedLines = (text: string): RegExp[] =>
  [...text.matchAll(/console\.log\(.*\) \/\/ (.+)$/gm)].map(
    ([, line]) => new RegExp(`^${line!.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace('…', '.+')}$`),
  )

it.each(programs)('$name runs, and prints what it says', async ({ name, text }) => {
  const file = join(cache, `${name.replace(/[/#]/g, '-')}.ts`)
  await writeFile(
    file,
    text.replace(/'(wechatpay-edge[^']*)'/g, (_, entry) => `'${SOURCES[entry]}'`),
  )
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import(/* @vite-ignore */ file)
    const printed = log.mock.calls.map(values => values.join(' '))
    const expected = expectedLines(text)
    expect(printed).toHaveLength(expected.length)
    for (const [at, line] of printed.entries()) expect(line).toMatch(expected[at]!)
  } finally {
    log.mockRestore()
  }
})

it('has programs that print something', () => {
  expect(programs.length).toBeGreaterThan(5)
  expect(programs.flatMap(({ text }) => expectedLines(text)).length).toBeGreaterThan(8)
})

it('is a skill by the rules of the format, as the official SDK checks them', async () => {
  const warnings: unknown[] = []
  const catalog = await loadSkills('skills', { strict: true, onWarning: warning => warnings.push(warning) })
  expect(warnings).toEqual([])
  expect(catalog.entries.map(({ frontmatter }) => frontmatter.name)).toEqual(['wechatpay-edge'])
  const { description } = catalog.entries[0]!.frontmatter
  expect(description.length).toBeLessThanOrEqual(1024)
  for (const word of ['微信支付', 'refund', '服务商', 'SIGN_ERROR']) expect(description).toContain(word)
})

it('is short enough to be read before work begins', () => {
  expect(readFileSync(join(FOLDER, 'SKILL.md'), 'utf8').split('\n').length).toBeLessThan(120)
})

it('links every page from SKILL.md, and only pages that exist', () => {
  const main = readFileSync(join(FOLDER, 'SKILL.md'), 'utf8')
  for (const page of pages.filter(path => !path.endsWith('SKILL.md')))
    expect(main).toContain(`(${page.slice(FOLDER.length + 1)})`)
  for (const page of pages)
    for (const [, link] of readFileSync(page, 'utf8').matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect([page, link, existsSync(join(dirname(page), link!))]).toEqual([page, link, true])
})

it('names only commands, options, tools and flows that exist', async () => {
  const text = pages.map(page => readFileSync(page, 'utf8')).join('\n')
  for (const [line, name, rest] of text.matchAll(/npx wechatpay-edge (\w+)([^#\n|>`]*)/g)) {
    const entry = COMMANDS[name!]
    expect(entry, line).toBeDefined()
    const known = (await entry!.load()).options.map(option => `--${option.name}`)
    const used = [...rest!.matchAll(/--[a-z][a-z-]*/g)].map(([found]) => found).filter(option => option !== '--help')
    expect(
      used.filter(option => !known.includes(option)),
      line,
    ).toEqual([])
  }
  const tools = TOOLS.map(({ name }) => name)
  const named = [...text.matchAll(/`((?:find|describe|explain|simulate|run|check|gateway)_[a-z]+)`/g)].map(
    ([, name]) => name!,
  )
  expect(named.length).toBeGreaterThan(5)
  expect(named.filter(name => !tools.includes(name))).toEqual([])
  const flows = await Promise.all(
    ['payment', 'notification', 'bill', 'transfer', 'onboarding'].map(
      name => import(SOURCES[`wechatpay-edge/${name}`]!),
    ),
  )
  const exported = new Set(flows.flatMap(flow => Object.keys(flow)))
  const functions = [
    ...text.matchAll(
      /`(start[A-Z]\w+|settled[A-Z]\w+|micropay|closeOrder|redirectRefund|reconcile|submitApplyment|confirmNotification|download[A-Z]\w+|require[A-Z]\w+)`/g,
    ),
  ].map(([, name]) => name!)
  expect(functions.length).toBeGreaterThan(15)
  expect(functions.filter(name => !exported.has(name))).toEqual([])
})

it('names only endpoints that exist', async () => {
  const { findDescribed, listEndpoints } = await import('../../src/cli/mcp/catalogue/endpoints.ts')
  const text = pages.map(page => readFileSync(page, 'utf8')).join('\n')
  const endpoints = [...text.matchAll(/`(GET|POST) \/?(v[23]\/[\w/{}-]+)`/g)].map(([, method, path]) => [
    method!,
    path!,
  ])
  expect(endpoints.length).toBeGreaterThan(6)
  expect(endpoints.filter(([method, path]) => !findDescribed(method!, path!))).toEqual([])
  const prefixes = [...text.matchAll(/`\/?(v3\/[\w/-]+\/)…`/g)].map(([, prefix]) => prefix!)
  expect(prefixes.length).toBeGreaterThan(3)
  const paths = listEndpoints().map(({ path }) => path)
  expect(prefixes.filter(prefix => !paths.some(path => path.startsWith(prefix)))).toEqual([])
})
