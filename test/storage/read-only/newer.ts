import { migrate, STEPS } from '../../../src/gateway/store/schema.ts'
import { connectionOf } from '../../../src/storage/postgres/connection.ts'
import { migrate as migratePostgres, STEPS as POSTGRES_STEPS } from '../../../src/storage/postgres/schema.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { eventually } from '../../eventually.ts'
import { openClient } from '../../postgres/schema.ts'

/** The rights of this program in the tables of the next version. */
interface NextVersion {
  readonly isReadable?: boolean
  readonly isWritable?: boolean
}

const CHANGE = ['alter table event add column newer text']

/** Migrates the ledger in a file as the next version of this program would. */
export async function migrateFile(path: string, { isReadable = true }: NextVersion = {}): Promise<void> {
  const database = await openDatabase(path)
  const next = STEPS.length + 1
  migrate(database, [...STEPS, { readableFrom: isReadable ? STEPS.length : next, statements: CHANGE }])
  await database.close()
}

/** Undoes {@link migrateFile}, in place of a newer program, which does not exist. */
export async function restoreFile(path: string): Promise<void> {
  const database = await openDatabase(path)
  database.run('alter table event drop column newer')
  database.run('update schema_version set version = ?, readable_from = ?', STEPS.length, STEPS.length)
  await database.close()
}

/** Migrates the ledger in a schema of PostgreSQL as the next version of this program would. */
export async function migrateSchema(
  url: string,
  { isReadable = true, isWritable = false }: NextVersion = {},
): Promise<void> {
  const client = await openClient(url)
  const version = POSTGRES_STEPS.length
  const next = version + 1
  const step = {
    readableFrom: isReadable ? version : next,
    writableFrom: isWritable ? version : next,
    statements: CHANGE,
  }
  try {
    await migratePostgres(connectionOf(client), new URL(url).searchParams.get('schema')!, [...POSTGRES_STEPS, step])
  } finally {
    await client.end()
  }
}

/**
 * Migrates as {@link migrateSchema} does, once the server has noticed that the connections of a closed ledger have ended: until then they
 * hold their lock, and nothing is changed.
 */
export const migrateFreedSchema = (url: string, version?: NextVersion): Promise<void> =>
  eventually(() => migrateSchema(url, version))

/** Undoes {@link migrateSchema}. */
export async function restoreSchema(url: string): Promise<void> {
  const client = await openClient(url)
  await client.query('alter table event drop column newer')
  await client.query('delete from schema_version where version > $1', [POSTGRES_STEPS.length])
  await client.end()
}
