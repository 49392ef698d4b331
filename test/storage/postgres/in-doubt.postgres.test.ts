import pg, { type Pool, type PoolClient } from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Work } from '../../../src/gateway/store/sql.ts'
import { ledgerErrorOf } from '../../../src/storage/postgres/errors.ts'
import { mayHaveCommitted, runTransaction } from '../../../src/storage/postgres/transaction.ts'
import { freshUrl } from '../../postgres/schema.ts'

const pool = new pg.Pool({ connectionString: freshUrl(), max: 1 })
const table = `in_doubt_${process.pid}`
beforeAll(() => pool.query(`create table ${table} (n int unique)`))
afterAll(async () => {
  await pool.query(`drop table ${table}`)
  await pool.end()
})

/** Writes a number, and fails as the program after that; a failure after the last statement comes after `commit` was sent. */
function* write(n: number, isLast: boolean, fail?: () => never): Work<void> {
  yield { text: `insert into ${table} values (?)`, values: [n], ...(isLast && { isLast }) }
  fail?.()
}
const errorOf = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    error => error,
  )
const has = async (n: number) => (await pool.query(`select 1 from ${table} where n = $1`, [n])).rowCount === 1
const misread = (): never => {
  throw new TypeError('no such member')
}

type Query = (text: string) => Promise<unknown>
/** Returns the pool with another way to send `commit`. */
function committing(commit: (query: Query) => Promise<unknown>): Pool {
  const connect = pool.connect.bind(pool) as () => Promise<PoolClient>
  return Object.assign(Object.create(pool) as Pool, {
    async connect() {
      const client = await connect()
      const query = client.query.bind(client) as Query
      return Object.assign(Object.create(client), {
        query: (text: string) => (text === 'commit' ? commit(query) : query(text)),
      })
    },
  })
}

test('an error of the driver after commit was sent says that the transaction may have been committed', async () => {
  const misreading = committing(query => query('commit').then(misread))
  const error = await errorOf(runTransaction(misreading, () => write(1, false)))
  expect([error, mayHaveCommitted(error), await has(1)]).toEqual([expect.any(TypeError), true, true])
})

test('so does an error of this program then; before commit was sent, nothing is written', async () => {
  const late = await errorOf(runTransaction(pool, () => write(2, true, misread)))
  expect([mayHaveCommitted(late), await has(2)]).toEqual([true, true])
  const early = await errorOf(runTransaction(pool, () => write(3, false, misread)))
  expect([early, mayHaveCommitted(early), await has(3)]).toEqual([expect.any(TypeError), false, false])
})

test('a refusal of the server says that nothing is written, although commit was sent', async () => {
  await runTransaction(pool, () => write(4, true))
  const error = await errorOf(runTransaction(pool, () => write(4, true)))
  expect([(error as { code: string }).code, mayHaveCommitted(error)]).toEqual(['23505', false])
})

test('a commit that the server answers with ROLLBACK says that nothing is written, with a typed error', async () => {
  const failing = committing(async query => {
    await query('select 1 / 0').catch(() => {})
    return query('commit')
  })
  const error = await errorOf(runTransaction(failing, () => write(5, false)))
  expect([mayHaveCommitted(error), await has(5)]).toEqual([false, false])
  expect(ledgerErrorOf(error, 'the database')).toMatchObject({
    code: 'LEDGER_UNAVAILABLE',
    message: expect.stringContaining('nothing is written'),
  })
})

test('a thrown value that is no Error after commit was sent stays what it is', async () => {
  const odd = committing(async query => {
    await query('commit')
    return Promise.reject('odd')
  })
  expect([await errorOf(runTransaction(odd, () => write(6, false))), await has(6)]).toEqual(['odd', true])
})
