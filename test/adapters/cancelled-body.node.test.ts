import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createGuardedFetch } from '../../src/server/guarded-fetch.ts'

test('a body that is cancelled while more of it has arrived ends the request, and throws nothing into the process', async () => {
  const thrown: unknown[] = []
  const note = (error: unknown) => void thrown.push(error)
  const server = createServer((_, response) => void response.end(Buffer.alloc(1_000_000)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException').on('uncaughtException', note)
  try {
    for (let at = 0; at < 5; at++) {
      const response = await createGuardedFetch({ allowPrivate: true })(url)
      const reader = response.body!.getReader()
      // The rest waits in the message, which is to be read on at the next tick.
      await setTimeout(20)
      await reader.read()
      await reader.cancel()
      await setTimeout(5)
    }
  } finally {
    process.off('uncaughtException', note)
    for (const listener of listeners) process.on('uncaughtException', listener)
    server.closeAllConnections()
    server.close()
  }
  expect(thrown).toEqual([])
})
