import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { setImmediate } from 'node:timers/promises'
import { expect, onTestFinished, test } from 'vitest'
import { startFaultyNetwork } from './faulty-network.ts'
import { createRandom } from './random.ts'

/** Keeps the event loop busy, as other work on a busy machine does. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}

test('what a connection carries keeps its order in both directions, although each packet takes another time and the loop is late', async () => {
  const echo = createServer({ noDelay: true }, socket => void socket.on('error', () => {}).pipe(socket))
  await once(echo.listen(0, '127.0.0.1'), 'listening')
  const faults = { latency: 2, jitter: 10, lifetime: 1e8, freezeEvery: 10 }
  const network = await startFaultyNetwork(
    `tcp://127.0.0.1:${(echo.address() as AddressInfo).port}`,
    faults,
    createRandom(1),
  )
  onTestFinished(async () => {
    await network.close()
    echo.close()
  })
  const client = connect({ port: Number(new URL(network.url).port), host: '127.0.0.1', noDelay: true })
  let received = ''
  client.on('data', chunk => {
    received += chunk
  })
  client.on('error', () => {})
  const sent = Array.from({ length: 400 }, (_, at) => `${at};`)
  for (const [at, packet] of sent.entries()) {
    client.write(packet)
    await setImmediate()
    if (at % 5 === 0) block(4)
  }
  await expect.poll(() => received.length).toBe(sent.join('').length)
  expect(received).toBe(sent.join(''))
})
