import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { toRequest } from '../../src/adapters/frameworks/index.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'

const dense = (text: string): string => text.replace(/ \/\/ .*$/gm, '').replace(/[\s,]+/g, '')
const source = readFileSync('test/docs/snippets.ts', 'utf8')
const snippets = [...source.matchAll(/\/\/ <(\w+)>\n(.*?)\/\/ <\/\1>/gs)].map(
  ([, name, text]) => [name!, text!] as const,
)

it.each(['README.md', 'README.zh-CN.md'])('%s has the snippets that the compiler has checked', path => {
  const readme = dense(readFileSync(path, 'utf8'))
  expect(snippets.map(([name]) => name)).toEqual(['handler', 'micropay', 'frameworks'])
  for (const [name, text] of snippets) expect([name, readme.includes(dense(text))]).toEqual([name, true])
})

it('a server of node:http hands its message over as the README says, and the notification is delivered', async () => {
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
