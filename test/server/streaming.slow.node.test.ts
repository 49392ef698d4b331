import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect, test, vi } from 'vitest'
import { readStream } from '../gateway/admin/read-stream.ts'

test.each([
  ['Node', process.execPath, []],
  ['Deno', 'node_modules/.bin/deno', ['run', '--allow-all', '--no-check']],
  ['Bun', 'node_modules/.bin/bun', []],
])(
  'the HTTP server of %s streams events as they are recorded, and resumes them',
  async (_, program, options) => {
    const child = spawn(program, [...options, 'test/server/streaming-server.ts'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    try {
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string]
      const { port, mchid, token } = JSON.parse(line)
      const url = `http://127.0.0.1:${port}`
      const pay = (number: string) => fetch(`${url}/pay?number=${number}`, { method: 'POST' })
      const open = async (headers: Record<string, string> = {}) => {
        const path = `${url}/admin/merchants/${mchid}/events/stream`
        const authorization = `Bearer ${token}`
        const response = await fetch(path, { headers: { accept: 'text/event-stream', authorization, ...headers } })
        expect(response.status).toBe(200)
        return readStream(response)
      }
      const first = await open()
      expect(await first.next()).toMatchObject({ event: 'position' })
      await pay('T100001')
      expect(await first.events(1)).toMatchObject([{ data: { numbers: { out_trade_no: 'T100001' } } }])
      await first.close()
      await pay('T100002')
      const second = await open({ 'last-event-id': first.lastId })
      expect(await second.events(1)).toMatchObject([{ data: { numbers: { out_trade_no: 'T100002' } } }])
      await second.close()
      // A stream whose client has gone is closed: there is room for more than the eight of a caller.
      for (let at = 0; at < 12; at++) {
        // The server notices after a moment that a client has gone.
        const stream = await vi.waitFor(() => open(), { timeout: 60_000 })
        await stream.next()
        await stream.close()
      }
    } finally {
      child.kill('SIGKILL')
    }
  },
  60_000,
)
