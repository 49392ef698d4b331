import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { parseSync } from 'vite'
import { expect, it, vi } from 'vitest'
import { toRequest } from '../../src/adapters/frameworks/index.ts'
import { COMMANDS } from '../../src/cli/commands.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { chineseOf, codeBlocks, guides } from './documents.ts'

// A newcomer copies code from the documents: all of it compiles, and both languages show the same.

/** The source of each entry of the package. */
const SOURCES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries<string[]>(JSON.parse(readFileSync('tsconfig.json', 'utf8')).compilerOptions.paths).map(
    ([entry, [path]]) => [entry, resolve(path!)],
  ),
)

const codeFree = (document: string): string => readFileSync(document, 'utf8').replace(/^```.*?^```$/gms, '')

/** The code without comments, which differ by language, and without the layout that they bring about. */
const codeOf = (text: string): string =>
  text
    .replace(/(?<=^|\s)(?:\/\/|#) .*$/gm, '')
    .replace(/\/\*\*.*?\*\//gs, '')
    .replace(/\s+/g, ' ')
    .trim()

it.each(guides)('%s has a twin in Chinese with the same code', path => {
  expect(existsSync(chineseOf(path))).toBe(true)
  const blocks = (document: string) => codeBlocks(document).map(({ language, text }) => [language, codeOf(text)])
  expect(blocks(chineseOf(path))).toEqual(blocks(path))
})

it.each(guides)('%s has the headings of its twin in Chinese, level by level', path => {
  const levels = (document: string) => codeFree(document).match(/^#+(?= )/gm)
  expect(levels(chineseOf(path))).toEqual(levels(path))
})

it.each(guides)('%s shows the programs that it names as they are', path => {
  const shown = readFileSync(path, 'utf8').matchAll(/^<!-- (examples\/\S+) -->\n\n```\w+\n(.*?)^```$/gms)
  for (const [, file, text] of shown) expect([file, text]).toEqual([file, readFileSync(file!, 'utf8')])
})

it('every block of JavaScript in the documents can be parsed', () => {
  for (const { name, text } of guides.flatMap(codeBlocks).filter(({ language }) => language === 'js'))
    expect([name, parseSync(`${name}.js`, text).errors]).toEqual([name, []])
})

it('every block of TypeScript in the documents compiles', async () => {
  const folder = resolve('node_modules/.cache/documents')
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  const blocks = guides.flatMap(codeBlocks).filter(({ language }) => language === 'ts')
  expect(blocks.length).toBeGreaterThan(10)
  for (const { name, text } of blocks)
    await writeFile(join(folder, `${name.replace(/[/#]/g, '-')}.ts`), `${text}\nexport {}\n`)
  const config = {
    extends: resolve('tsconfig.json'),
    compilerOptions: { verbatimModuleSyntax: false, typeRoots: [resolve('node_modules/@types')] },
    include: [`${folder}/*.ts`],
    files: [resolve('test/docs/surroundings.d.ts')],
    exclude: [],
  }
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const report = await promisify(execFile)(resolve('node_modules/.bin/tsc'), ['-p', folder]).then(
    () => '',
    ({ stdout }) => stdout,
  )
  expect(report).toBe('')
})

it('the first payment of the README is paid', async () => {
  const program = codeBlocks('README.md').find(({ text }) => text.includes('createSimulator'))
  const file = resolve('node_modules/.cache/documents/first-payment.ts')
  await mkdir(join(file, '..'), { recursive: true })
  await writeFile(
    file,
    program!.text.replace(/'(wechatpay-edge[^']*)'/g, (_, entry) => `'${SOURCES[entry]}'`),
  )
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  try {
    await import(/* @vite-ignore */ file)
    expect(log.mock.calls).toEqual([['show as a QR code:', expect.stringMatching(/^weixin:/)], ['SUCCESS']])
  } finally {
    log.mockRestore()
  }
})

it('a server of node:http hands its message over as the documents say, and the notification is delivered', async () => {
  const simulator = await createSimulator({ seed: 'readme' })
  const paid: unknown[] = []
  const handler = createNotificationHandler(new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch }), {
    'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no),
  })
  const server = createServer(async (message, response) => {
    const answer = await handler(toRequest(message))
    response.writeHead(answer.status).end(await answer.text())
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  try {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/notify`
    const { state } = await simulator.notify.send({ api: 'v3', event: 'TRANSACTION.SUCCESS', url })
    expect([state, paid.length]).toEqual(['delivered', 1])
  } finally {
    server.close()
  }
})

it.each(guides)('%s shows only commands of the command line, with options that they have', async path => {
  const shells = codeBlocks(path).filter(({ language }) => language === 'sh')
  const calls = shells.flatMap(({ text }) => [...text.matchAll(/npx wechatpay-edge (\S+)([^#\n|>]*)/g)])
  for (const [line, name, rest] of calls) {
    const entry = COMMANDS[name!]
    expect(entry, line).toBeDefined()
    const { options } = await entry!.load()
    const known = options.flatMap(({ name, short }) => [`--${name}`, ...(short ? [`-${short}`] : [])])
    const used = [...rest!.matchAll(/(?<= )--?[a-z][a-z-]*/g)].map(([option]) => option)
    expect(
      used.filter(option => !known.includes(option)),
      line,
    ).toEqual([])
  }
})
