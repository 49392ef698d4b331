import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'

const server = createServer(({ url }, response) => {
  response.writeHead(Number(url!.slice(1)) || 404, { Location: '/200' }).end('x')
})
let origin: string
beforeAll(async () => {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

async function askHealth(...argv: string[]): Promise<[code: number, out: string, errors: string]> {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = {
    print: (line: string) => void out.push(line),
    warn: (line: string) => void errors.push(line),
    stopped: new AbortController().signal,
  }
  return [await run(COMMANDS, ['health', ...argv], terminal), out.join('\n'), errors.join('\n')]
}

it('ends with 0 if the server responds with 2xx', async () => {
  expect(await askHealth(`${origin}/200`)).toEqual([0, `${origin}/200 serves.`, ''])
})

it.each([302, 404, 503])('ends with 1 if it responds with %i', async status => {
  const [code, , errors] = await askHealth(`${origin}/${status}`)
  expect([code, errors]).toEqual([1, `${origin}/${status} responds with ${status}. See the log of the server.`])
})

it('names the paths if the address has none', async () => {
  const [code, , errors] = await askHealth(origin)
  expect([code, errors]).toEqual([1, `${origin} responds with 404. Ask /healthz of a simulator, /livez of a gateway.`])
})

it('ends with 1 if nothing listens there', async () => {
  const [code, , errors] = await askHealth('http://127.0.0.1:1/')
  expect([code, errors]).toEqual([
    1,
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:1\/ does not respond: .+ See whether/),
  ])
})

it.each([[[]], [['healthz']], [['file:///etc/passwd']], [['http://a/', 'http://b/']]])(
  'ends with 2 for the operands %j',
  async operands => {
    expect((await askHealth(...operands))[0]).toBe(2)
  },
)
