import { once } from 'node:events'
import { connect } from 'node:net'
import { assert } from 'chai'
import { readBody } from '../../src/gateway/body/read-body.ts'
import { problemOf, problemResponse } from '../../src/gateway/problem.ts'
import { listenHttp } from '../../src/server/http.ts'
import type { Case } from '../conformance/case.ts'

// Clients that send byte by byte, over raw sockets, to the server that each runtime has.

/** Milliseconds for a body that is to be given up, and for others. */
const SHORT_DEADLINE = 300
const AMPLE_DEADLINE = 60_000
/** Milliseconds to wait for a response, or for the end of a connection: only what hangs takes that long. */
const MAX_WAIT = 20_000
/** Deno announces that it closes the connection, and then waits for the rest of the body. */
const CLOSES = !('Deno' in globalThis)

const createHandler =
  (deadline: number) =>
  async (request: Request): Promise<Response> => {
    try {
      return Response.json({ length: (await readBody(request, 10_000, deadline)).length })
    } catch (error) {
      return problemResponse(problemOf(error))
    }
  }

interface Runtime {
  Deno?: {
    serve(
      options: { port: number; hostname: string; onListen(): void },
      handler: (request: Request) => Promise<Response>,
    ): { addr: { port: number }; shutdown(): Promise<void> }
  }
  Bun?: {
    serve(options: { port: number; hostname: string; fetch: (request: Request) => Promise<Response> }): {
      port: number
      stop(force: boolean): void
    }
  }
}

/** The gateway's way of reading a body, behind the runtime's own server. */
async function serve(deadline: number): Promise<{ port: number; stop: () => Promise<void> }> {
  const handler = createHandler(deadline)
  const { Deno, Bun } = globalThis as Runtime
  const hostname = '127.0.0.1'
  if (Deno) {
    const server = Deno.serve({ port: 0, hostname, onListen() {} }, handler)
    return { port: server.addr.port, stop: () => server.shutdown() }
  }
  if (Bun) {
    const server = Bun.serve({ port: 0, hostname, fetch: handler })
    return { port: server.port, stop: async () => server.stop(true) }
  }
  const { port, close } = await listenHttp({ fetch: handler, hostname, port: 0 })
  return { port, stop: close }
}

/** Sends a request in pieces, and gives what comes back; with `untilClosed` not before the server has closed the connection. */
async function send(port: number, pieces: Iterable<string>, pause: number, untilClosed = false): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let received = ''
  socket.on('data', data => {
    received += data
  })
  socket.on('error', () => {})
  await once(socket, 'connect')
  for (const piece of pieces) {
    if (received !== '' || socket.destroyed) break
    socket.write(piece)
    await new Promise(resolve => setTimeout(resolve, pause))
  }
  const end = Date.now() + MAX_WAIT
  const isOver = () => socket.closed || (!untilClosed && received !== '')
  while (!isOver() && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 10))
  if (untilClosed) assert.isTrue(socket.closed, 'the server has closed the connection')
  socket.destroy()
  return received
}

const HEAD = 'POST / HTTP/1.1\r\nhost: gateway.example\r\n'
const ANNOUNCED = `${HEAD}content-length: 1000\r\n\r\n`
const CHUNKED = `${HEAD}transfer-encoding: chunked\r\n\r\n`

const against =
  (work: (port: number) => Promise<void>, deadline = AMPLE_DEADLINE) =>
  async () => {
    const { port, stop } = await serve(deadline)
    try {
      await work(port)
    } finally {
      await stop()
    }
  }

/** A body that never stops arriving. */
function* endless(head: string, byte: string): Generator<string> {
  yield head
  for (;;) yield byte
}

export const slowBodyCases: readonly Case[] = [
  {
    name: 'a body that comes in byte by byte is given up after its deadline, announced or chunked',
    run: against(async port => {
      for (const [head, byte] of [
        [ANNOUNCED, 'x'],
        [CHUNKED, '1\r\nx\r\n'],
      ] as const) {
        const received = await send(port, endless(head, byte), 20, CLOSES)
        assert.match(received, /^HTTP\/1\.1 408 /)
        assert.include(received, 'BODY_TIMEOUT')
      }
    }, SHORT_DEADLINE),
  },
  {
    name: 'a body that takes its time within the deadline is read whole',
    run: against(async port => {
      const announced = [ANNOUNCED, 'x'.repeat(500), 'x'.repeat(500)]
      assert.include(await send(port, announced, 50), '{"length":1000}')
      const chunked = [CHUNKED, '3\r\nabc\r\n', '2\r\nde\r\n', '0\r\n\r\n']
      assert.include(await send(port, chunked, 50), '{"length":5}')
    }),
  },
  {
    name: 'a body that is longer than the bound is refused, announced or not',
    run: against(async port => {
      assert.match(await send(port, [`${HEAD}content-length: 10001\r\n\r\n`, 'x'], 20), /^HTTP\/1\.1 413 /)
      const chunk = `1000\r\n${'x'.repeat(4096)}\r\n`
      assert.match(await send(port, [CHUNKED, ...Array<string>(10).fill(chunk)], 20), /^HTTP\/1\.1 413 /)
    }),
  },
]
