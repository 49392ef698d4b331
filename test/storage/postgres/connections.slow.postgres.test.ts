import { beforeAll, expect, test } from 'vitest'
import { run, send, type Work } from '../../../src/gateway/store/sql.ts'
import { readTarget } from '../../../src/storage/postgres/connection.ts'
import { openPostgresLedger, prepareDatabase } from '../../../src/storage/postgres/ledger.ts'
import { connect, type Driver, importDriver, openPool } from '../../../src/storage/postgres/pool.ts'
import { migrate } from '../../../src/storage/postgres/schema.ts'
import { runTransaction } from '../../../src/storage/postgres/transaction.ts'
import { createWakeups } from '../../../src/storage/postgres/wakeups.ts'
import { freshUrl, openClient, waitsFor } from '../../postgres/schema.ts'

let driver: Driver
beforeAll(async () => {
  driver = await importDriver()
})

test('a ledger that is closed twice is closed once', async () => {
  const { close } = await openPostgresLedger(freshUrl())
  await Promise.all([close(), close()])
  await close()
})

test('an error of exclusive work stays what it is', async () => {
  const { runExclusively, close } = await openPostgresLedger(freshUrl())
  const error = Object.assign(new Error('no such file: socket.txt'), { code: 'ENOENT' })
  await expect(runExclusively(() => Promise.reject(error))).rejects.toBe(error)
  // The lock is free again.
  expect(await runExclusively(async () => {})).toBe(true)
  await close()
})

test('a start waits for a migration in progress for longer than for any other statement', async () => {
  const url = freshUrl()
  const target = readTarget(url)
  const [other, observer] = [await openClient(url), await openClient(url)]
  await other.query('begin')
  await other.query("select pg_advisory_xact_lock(hashtext('wechatpay-edge migration'), hashtext($1))", [target.schema])
  const impatient = { ...target, client: { ...target.client, query_timeout: 1_000, statement_timeout: 1_000 } }
  const prepared = prepareDatabase(
    driver,
    impatient,
    connection => migrate(connection, target.schema),
    () => {},
  )
  prepared.catch(() => {})
  // Longer than the limit of a statement.
  await expect.poll(async () => (await waitsFor(other, observer))[0]).toBeGreaterThan(1.3)
  await other.query('commit')
  await prepared
  await Promise.all([other.end(), observer.end()])
})

test('a connection whose listen fails is closed, and the next one stays', async () => {
  const { client: settings, schema } = readTarget(freshUrl())
  const [first, second] = [await connect(driver, settings), await connect(driver, settings)]
  const connections = [
    { ...first, query: () => Promise.reject(new Error('listen is refused')) },
    second,
    // There is no third one.
  ]
  let [opened, calls] = [0, 0]
  const hasEnded = new Promise(resolve => first.client.once('end', () => resolve(undefined)))
  const wakeups = createWakeups(async () => connections[opened++]!, schema)
  wakeups.listen(() => calls++)
  await hasEnded
  await expect.poll(() => calls).toBe(1)
  const sender = createWakeups(() => connect(driver, settings), schema)
  sender.listen(() => {})
  await expect
    .poll(() => {
      sender.wake()
      return calls
    })
    .toBeGreaterThan(1)
  expect(opened).toBe(2)
  await sender.close()
  await wakeups.close()
})

test('a statement whose rows nobody reads fails its transaction with its own error, and undoes what came before', async () => {
  const url = freshUrl({ pool: '1' })
  await (await openPostgresLedger(url)).close()
  const target = readTarget(url)
  const pool = openPool(driver, target, target.client)
  const isZero = { code: '22012' }
  const failing = (last: () => Work<unknown>) => () =>
    (function* () {
      yield* send('insert into write_probe (id, at) values (7, 1)')
      yield* send('select 1 / ?::int', 0)
      yield* last()
    })()
  await expect(
    runTransaction(
      pool,
      failing(() => run('select 1')),
    ),
  ).rejects.toMatchObject(isZero)
  await expect(
    runTransaction(
      pool,
      failing(() => send('select 2')),
    ),
  ).rejects.toMatchObject(isZero)
  const thrown = new Error('of the program')
  const throwing = failing(() => {
    throw thrown
  })
  await expect(runTransaction(pool, throwing)).rejects.toBe(thrown)
  // The connection is usable, and no statement of the failed transactions is left.
  expect(await runTransaction(pool, () => run('select * from write_probe'))).toEqual([])
  await pool.end()
})
