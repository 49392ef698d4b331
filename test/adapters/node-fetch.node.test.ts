import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { isWaiting, nodeFetch } from '../../src/adapters/node-fetch.ts'

const run = promisify(execFile)

/** Starts a server that responds with the headers of the request, which tell who has sent it. */
async function startEcho(delay = 0): Promise<string> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request
      .on('data', chunk => chunks.push(chunk))
      .on('end', () =>
        setTimeout(() => {
          response.setHeader('x-body', Buffer.concat(chunks).toString('base64'))
          response.end(JSON.stringify(request.headers))
        }, delay),
      )
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
const POST = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: '{"名":1}',
  redirect: 'manual',
} as const
/** Only `fetch` sends this header. */
const sender = (headers: Record<string, unknown>): string => (headers['sec-fetch-mode'] ? 'fetch' : 'its dispatcher')

test('text goes over the dispatcher below fetch, with its length in bytes and its own headers', async () => {
  const response = await nodeFetch(await startEcho(), POST)
  const headers = (await response.json()) as Record<string, string>
  expect(sender(headers)).toBe('its dispatcher')
  expect(headers).toMatchObject({ 'content-type': 'application/json', 'content-length': '9' })
  expect(Buffer.from(response.headers.get('x-body')!, 'base64').toString()).toBe(POST.body)
})

test.each([
  ['a form', { ...POST, headers: {}, body: new URLSearchParams({ a: '1' }) }],
  ['a redirect that is to be followed', { ...POST, redirect: 'follow' as const }],
  ['headers of a class', { ...POST, headers: new Headers(POST.headers) }],
  ['a dispatcher of its own', { ...POST, dispatcher: undefined } as RequestInit],
])('%s goes over fetch', async (_, init) => {
  expect(sender((await (await nodeFetch(await startEcho(), init)).json()) as object as Record<string, unknown>)).toBe(
    'fetch',
  )
})

const AGENT = "const { Agent, interceptors, ProxyAgent, setGlobalDispatcher } = await import('undici')"
test.each([
  ['nothing', '', {}, 'its dispatcher'],
  ['a fetch before, with which Node creates its dispatcher', 'await fetch(url)', {}, 'its dispatcher'],
  ['an import of undici, which does so too', AGENT, {}, 'its dispatcher'],
  ['a fetch of its own', 'const { fetch } = globalThis; globalThis.fetch = (...args) => fetch(...args)', {}, 'fetch'],
  ['an agent with options', `${AGENT}; setGlobalDispatcher(new Agent({ connect: { timeout: 1000 } }))`, {}, 'fetch'],
  ['interceptors', `${AGENT}; setGlobalDispatcher(new Agent().compose(interceptors.retry()))`, {}, 'fetch'],
  [
    'NODE_USE_ENV_PROXY',
    'await fetch(url)',
    { NODE_USE_ENV_PROXY: '1', NO_PROXY: '127.0.0.1', HTTP_PROXY: 'http://127.0.0.1:1' },
    'fetch',
  ],
])('a program with %s sends over the right one', async (_, code, variables, expected) => {
  const url = await startEcho()
  const program = `
    const url = ${JSON.stringify(url)}
    const { nodeFetch } = await import('./src/adapters/node-fetch.ts')
    ${code}
    const response = await nodeFetch(url, { method: 'GET', headers: {}, redirect: 'manual' })
    console.log(JSON.stringify(await response.json()))`
  const env = { PATH: process.env.PATH, ...variables } as NodeJS.ProcessEnv
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], { env })
  expect(sender(JSON.parse(stdout) as Record<string, unknown>)).toBe(expected)
})

test('a long body arrives unchanged, and waits at the server while nobody reads it', async () => {
  const chunk = Buffer.alloc(65_536, 'Image形象店')
  const CHUNKS = 1_000
  let sent = 0
  const server = createServer((_, response) => {
    const send = () => {
      while (sent < CHUNKS) {
        sent++
        if (!response.write(chunk)) return void response.once('drain', send)
      }
      response.end()
    }
    send()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const response = await nodeFetch(url, { method: 'GET', headers: {}, redirect: 'manual' })
  // The server stops once the buffers between it and the reader are full.
  for (let before = -1; before < sent; ) {
    before = sent
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  expect(sent).toBeLessThan(CHUNKS)
  const digest = createHash('sha256')
  for await (const part of response.body!) digest.update(part)
  const expected = createHash('sha256')
  for (let at = 0; at < CHUNKS; at++) expected.update(chunk)
  expect(digest.digest('hex')).toBe(expected.digest('hex'))
})

test('a body that is cancelled may still arrive, and ends no process', async () => {
  const server = createServer((_, response) => {
    // The rest comes in the same packet as the part that the reader takes.
    response.writeHead(200, { 'content-length': 200_000 }).end(Buffer.alloc(200_000))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  for (let at = 0; at < 20; at++) {
    const { body } = await nodeFetch(url, { method: 'GET', headers: {}, redirect: 'manual' })
    const reader = body!.getReader()
    if (at % 2) await reader.read()
    await reader.cancel()
  }
})

test('a call waits from its request until the response begins', async () => {
  const call = nodeFetch(await startEcho(50), POST)
  expect(isWaiting()).toBe(true)
  await call
  expect(isWaiting()).toBe(false)
})
