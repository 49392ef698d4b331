import { expect, onTestFinished, test, vi } from 'vitest'
import { listenHttp } from '../../src/server/http.ts'

test('closing does not wait for the kept connection of a stream that has ended', async () => {
  let end = () => {}
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode(':\n\n'))
      end = () => controller.close()
    },
  })
  const server = await listenHttp({ fetch: async () => new Response(body), hostname: '127.0.0.1', port: 0 })
  const response = await fetch(`http://127.0.0.1:${server.port}/`)
  const reader = response.body!.getReader()
  await reader.read()
  // The timer that closes all connections never fires.
  vi.useFakeTimers({ toFake: ['setTimeout'] })
  onTestFinished(() => void vi.useRealTimers())
  end()
  await server.close()
  expect(await reader.read()).toMatchObject({ done: true })
  await expect(fetch(`http://127.0.0.1:${server.port}/`)).rejects.toThrow()
})
