import { once } from 'node:events'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { nodeFetch } from '../../src/adapters/node-fetch.ts'

test('a connection that is not established within the 10 seconds of fetch has sent nothing, even within the TLS handshake', async () => {
  const sockets: Socket[] = []
  const received: string[] = []
  const silent = createServer(socket => {
    sockets.push(socket.on('data', data => received.push(data.toString('latin1'))))
  })
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    silent.close()
  })
  const url = `https://127.0.0.1:${(silent.address() as AddressInfo).port}/`
  const init = { method: 'POST', headers: { 'x-name': 'REQUEST' }, body: 'REQUEST', redirect: 'manual' } as const
  await expect(nodeFetch(url, init)).rejects.toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: false })
  expect(received.join('')).not.toContain('REQUEST')
  expect(sockets.length).toBeGreaterThan(0)
})
