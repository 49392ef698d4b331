import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, test } from 'vitest'
import { listenHttp } from '../../src/server/http.ts'
import { readStream } from '../gateway/admin/read-stream.ts'
import { createTestGateway } from '../gateway/test-gateway.ts'

const EVENTS = 2_000

test('a client that does not read costs one page of events, and delays nobody', async () => {
  let reads = 0
  let gateway = await createTestGateway()
  const { ledger } = gateway
  const { mchid } = gateway.simulator.merchant
  gateway = await gateway.restart({
    eventStreams: { pollEvery: 5 },
    ledgerOf: () => ({
      ...ledger,
      eventsAfter(...query) {
        reads++
        return ledger.eventsAfter(...query)
      },
    }),
  })
  for (let at = 0; at < EVENTS; at++)
    await ledger.recordEvent({
      mchid,
      api: 'v3',
      id: `EV-${at}`,
      event: 'TRANSACTION.SUCCESS',
      resource: JSON.stringify({ out_trade_no: `T${at}`, attach: 'x'.repeat(10_000) }),
      subject: null,
      dedupeKey: null,
      source: 'notification',
      createdAt: 1,
      nonce: null,
      endpoints: [],
    })
  const server = await listenHttp({ fetch: gateway.gateway.fetch, hostname: '127.0.0.1', port: 0 })
  const path = `/admin/merchants/${mchid}/events/stream?since=0&body=true`
  try {
    const idle = connect(server.port, '127.0.0.1').pause()
    idle.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nConnection: close\r\n\r\n`)
    // The kernel holds some megabytes of the connection, and then the stream stands still.
    let before = -1
    await expect
      .poll(
        () => {
          const isStill = reads > 0 && reads === before
          before = reads
          return isStill
        },
        { interval: 200, timeout: 20_000 },
      )
      .toBe(true)
    expect(reads).toBeLessThan(EVENTS / 100 / 2)

    const headers = { accept: 'text/event-stream' }
    const stream = readStream(await fetch(`http://127.0.0.1:${server.port}${path}`, { headers }))
    expect(await stream.events(EVENTS)).toHaveLength(EVENTS)
    await stream.close()

    // The one that did not read gets the rest in order, once it reads.
    let text = ''
    idle
      .setEncoding('utf8')
      .resume()
      .on('data', chunk => {
        text += chunk
      })
    await expect.poll(() => text.includes(`EV-${EVENTS - 1}`), { timeout: 20_000 }).toBe(true)
    gateway.gateway.endStreams()
    await once(idle, 'close')
    const ids = [...text.matchAll(/"id":"EV-(\d+)","api"/g)].map(([, id]) => Number(id))
    expect(ids).toEqual(Array.from({ length: EVENTS }, (_, at) => at))
  } finally {
    gateway.gateway.endStreams()
    await server.close()
  }
})
