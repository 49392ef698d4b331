import { expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { OTHER_PRIVATE_KEY } from '../../fixtures/keys.ts'
import { createTestGateway } from '../test-gateway.ts'

/** A gateway whose ledger fails its writes while `isFull`. */
async function createFillingGateway() {
  const disk = { isFull: false, writes: 0 }
  const gateway = await createTestGateway({}, {}, database => ({
    ...database,
    run(statement, ...values) {
      if (statement.includes('write_probe')) disk.writes++
      if (disk.isFull && statement.includes('write_probe')) throw new Error('database or disk is full')
      return database.run(statement, ...values)
    },
  }))
  return { disk, gateway }
}

const pageOf = async (response: Response) => [response.status, await response.json()]

test('/readyz is 503 while the ledger cannot be written to, /livez stays 200', async () => {
  const { disk, gateway } = await createFillingGateway()
  expect(await pageOf(await gateway.call('/readyz'))).toEqual([200, { status: 'ok' }])
  disk.isFull = true
  gateway.clock.now += 5_000
  expect(await pageOf(await gateway.call('/readyz'))).toEqual([503, { status: 'fail' }])
  expect(await pageOf(await gateway.call('/livez'))).toEqual([200, { status: 'ok' }])
  disk.isFull = false
  gateway.clock.now += 5_000
  expect((await gateway.call('/readyz')).status).toBe(200)
})

test('/readyz stays 200 when a key is wrong, which fails /healthz: no other merchant is taken off the load balancer', async () => {
  const plain = await createTestGateway()
  const { merchant } = plain.simulator
  const wrong = new Wechatpay({ ...merchant, privateKey: OTHER_PRIVATE_KEY })
  const gateway = await plain.restart({ merchants: { [merchant.mchid]: wrong } })
  expect((await gateway.call('/healthz')).status).toBe(503)
  expect((await gateway.call('/readyz')).status).toBe(200)
})

test('however often strangers request /readyz and /livez, the ledger is written to once in five seconds', async () => {
  const { disk, gateway } = await createFillingGateway()
  await gateway.call('/readyz')
  disk.writes = 0
  for (let turn = 0; turn < 100; turn++) {
    await gateway.call('/readyz')
    await gateway.call('/livez')
  }
  expect(disk.writes).toBe(0)
  gateway.clock.now += 5_000
  await Promise.all([gateway.call('/readyz'), gateway.call('/readyz')])
  expect(disk.writes).toBe(1)
})
