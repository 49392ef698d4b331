import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TLSSocket } from 'node:tls'
import { inspect } from 'node:util'
import type pg from 'pg'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { isPostgresUrl, readTarget } from '../../../src/storage/postgres/connection.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { checkServer, durable, importDriver, openPool } from '../../../src/storage/postgres/pool.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'
import { CERTIFICATE, KEY } from '../../server/tls-keys.ts'

const mchid = '1900000109'
let admin: pg.Client
let count = 0
beforeAll(async () => {
  admin = await openClient(freshUrl())
})
afterAll(() => admin.end())

const eventOf = (): NewEvent => {
  count++
  return {
    mchid,
    api: 'v3',
    id: `EV-${count}`,
    event: 'X',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: 1,
    nonce: `n${count}`,
    endpoints: [],
  }
}
const errorOf = (work: Promise<unknown>): Promise<Error & { code?: string; option?: string }> =>
  work.then(
    () => {
      throw new Error('It has not failed.')
    },
    error => error,
  )
/** Returns the URL with other parts. */
const changed = (url: string, change: (url: URL) => void): string => {
  const copy = new URL(url)
  change(copy)
  return String(copy)
}
/** Runs work with a user of its own. */
async function withUser(work: (url: string, name: string) => Promise<void>): Promise<void> {
  const name = `user_${process.pid}_${++count}`
  await admin.query(`create role ${name} login password 'secret word'`)
  try {
    const url = changed(freshUrl(), it => {
      it.username = name
      it.password = 'secret word'
    })
    await work(url, name)
  } finally {
    await admin.query(`drop owned by ${name} cascade`)
    await admin.query(`drop role ${name}`)
  }
}

test('a database that is down, refuses the password, or does not exist is named with the cure, and never the password', async () => {
  const secret = 'p4ssw0rd-of-nobody'
  const down = changed(freshUrl(), url => {
    url.password = secret
    url.port = '1'
  })
  const wrong = changed(freshUrl(), url => {
    url.password = secret
  })
  const missing = changed(freshUrl(), url => {
    url.pathname = '/nowhere'
  })
  for (const [url, code, cure] of [
    [down, 'LEDGER_UNAVAILABLE', 'Check that the database runs'],
    [wrong, 'LEDGER_REFUSED', 'Check both in the URL'],
    [missing, 'LEDGER_REFUSED', 'Create it'],
  ] as const) {
    const error = await errorOf(openPostgresLedger(url))
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(cure)])
    expect(error.message).toContain(new URL(url).host)
    expect(inspect(error, { depth: 9 })).not.toContain(secret)
    expect(inspect(error, { depth: 9 })).not.toContain(new URL(inject('postgres')).password || 'no password')
  }
})

test.each(['require', 'verify-full'])('a server without TLS is refused with sslmode=%s', async sslmode => {
  // The server of `setup.ts` has no TLS.
  const url = freshUrl({ sslmode })
  const error = await errorOf(openPostgresLedger(url))
  expect([error.code, error.message]).toEqual([
    'LEDGER_REFUSED',
    expect.stringMatching(/no TLS, which sslmode.*ssl = on/),
  ])
})

/** Runs work with the port of a server that answers the request for TLS. */
async function withServer(answer: (socket: Socket) => void, work: (port: number) => Promise<void>) {
  const server = createServer(socket => {
    socket.on('error', () => {})
    socket.once('data', () => answer(socket))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  try {
    await work((server.address() as { port: number }).port)
  } finally {
    server.close()
  }
}

test('a server whose certificate is not trusted, or that is no PostgreSQL, is refused with sslmode', async () => {
  const startTls = (socket: Socket) => {
    socket.write('S')
    new TLSSocket(socket, { isServer: true, cert: CERTIFICATE, key: KEY }).on('error', () => {})
  }
  await withServer(startTls, async port => {
    const error = await errorOf(openPostgresLedger(`postgres://u:secret@127.0.0.1:${port}/db?sslmode=verify-full`))
    expect([error.code, error.message]).toEqual([
      'LEDGER_REFUSED',
      expect.stringMatching(/refuses the certificate.*sslrootcert.*\(UNABLE_TO_VERIFY_LEAF_SIGNATURE\)/),
    ])
  })
  await withServer(
    socket => socket.write('H'),
    async port => {
      const error = await errorOf(openPostgresLedger(`postgres://u:secret@127.0.0.1:${port}/db?sslmode=require`))
      expect([error.code, error.message]).toEqual(['LEDGER_REFUSED', expect.stringContaining('Check host and port')])
    },
  )
})

test('an error event of a connection is heard from its creation on, also within the pool', async () => {
  const driver = await importDriver()
  const made: pg.Client[] = []
  class RecordedClient extends driver.Client {
    constructor(config?: pg.ClientConfig) {
      super(config)
      made.push(this)
    }
  }
  const target = readTarget(freshUrl())
  const pool = openPool({ ...driver, Client: RecordedClient } as typeof driver, target, target.client)
  const connecting = pool.connect()
  // Without a listener, `emit` throws.
  made[0]!.emit('error', new Error('during the login'))
  const client = await connecting
  made[0]!.emit('error', new Error('in use'))
  client.release()
  await pool.end()
  expect(made).toHaveLength(1)
})

test('a user without the right to create the schema is refused; one that owns it needs no other right', () =>
  withUser(async (url, name) => {
    const error = await errorOf(openPostgresLedger(url))
    expect([error.code, error.message]).toEqual(['LEDGER_REFUSED', expect.stringContaining('own the schema')])
    await admin.query(`create schema ${new URL(url).searchParams.get('schema')} authorization ${name}`)
    const { ledger, close } = await openPostgresLedger(url)
    expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
    await close()
  }))

test('a database that becomes read-only refuses events, and is refused at the start', () =>
  withUser(async (url, name) => {
    await admin.query(`create schema ${new URL(url).searchParams.get('schema')} authorization ${name}`)
    const { ledger, close } = await openPostgresLedger(url)
    await admin.query(`alter role ${name} set default_transaction_read_only = on`)
    await admin.query('select pg_terminate_backend(pid) from pg_stat_activity where usename = $1', [name])
    const error = await errorOf(ledger.recordEvent(eventOf()))
    expect([error.code, error.message]).toEqual(['LEDGER_READ_ONLY', expect.stringContaining('primary')])
    await close()
    const again = await errorOf(openPostgresLedger(url))
    expect([again.code, again.message]).toEqual([
      'LEDGER_READ_ONLY',
      expect.stringContaining('default_transaction_read_only'),
    ])
  }))

test('commits are durable although the user is set to be told of them earlier', () =>
  withUser(async (url, name) => {
    const schema = new URL(url).searchParams.get('schema')!
    await admin.query(`create schema ${schema} authorization ${name}`)
    await admin.query(`alter role ${name} set synchronous_commit = off`)
    const { ledger, close } = await openPostgresLedger(url)
    await admin.query(`
      create function ${schema}.refuse() returns trigger language plpgsql as $$ begin
        if current_setting('synchronous_commit') <> 'on' then raise 'not durable'; end if; return new; end $$;
      create trigger refuse before insert on ${schema}.event for each row execute function ${schema}.refuse()`)
    expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
    await close()
  }))

test('a stricter setting of durability stays', () => {
  const state = { version: 180_000, version_text: '18', is_standby: false, is_read_only: 'off', fsync: 'on' }
  expect(durable({ options: '-c a=b' }, { ...state, synchronous_commit: 'remote_apply' }).options).toBe(
    '-c a=b -c synchronous_commit=remote_apply',
  )
})

test('a server that is too old, or a standby, is refused with its version', () => {
  const state = {
    version: 130_022,
    version_text: '13.22',
    is_standby: false,
    is_read_only: 'off',
    synchronous_commit: 'on',
    fsync: 'on',
  }
  expect(() => checkServer(state, 'postgres://db/x')).toThrow(/LEDGER_UNSUPPORTED.*13\.22.*14 or later/)
  expect(() => checkServer({ ...state, version: 140_000, is_standby: true }, 'x')).toThrow(/LEDGER_READ_ONLY.*primary/)
})

test('tables of a newer version are left alone, unless that version says that this one can use them', async () => {
  const url = freshUrl()
  await (await openPostgresLedger(url)).close()
  const client = await openClient(url)
  await client.query('insert into schema_version (version, readable_from, writable_from, at) values (98, 1, 1, 0)')
  const { ledger, close } = await openPostgresLedger(url)
  expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
  await close()
  await client.query('insert into schema_version (version, readable_from, writable_from, at) values (99, 99, 99, 0)')
  const error = await errorOf(openPostgresLedger(url))
  expect([error.code, error.message]).toEqual(['LEDGER_NEWER', expect.stringContaining('version 99')])
  await client.end()
})

test('processes that start at once on an empty database create the tables once', async () => {
  const url = freshUrl()
  const opened = await Promise.all(Array.from({ length: 5 }, () => openPostgresLedger(url)))
  expect((await opened[4]!.ledger.recordEvent(eventOf())).outcome).toBe('recorded')
  for (const { close } of opened) await close()
})

test('a disk that is full refuses an event, of which nothing is left, and says what to do', async () => {
  const url = freshUrl()
  const { ledger, close } = await openPostgresLedger(url)
  const client = await openClient(url)
  await client.query(`
    create function full_disk() returns trigger language plpgsql as $$ begin
      raise exception 'could not extend file' using errcode = '53100'; end $$;
    create trigger full_disk before insert on delivery for each row execute function full_disk()`)
  const event = { ...eventOf(), endpoints: ['shop'] }
  const error = await errorOf(ledger.recordEvent(event))
  expect([error.code, error.message]).toEqual(['LEDGER_FULL', expect.stringContaining('Free space')])
  expect(await ledger.events(mchid, { limit: 1 })).toEqual([])
  await client.query('drop trigger full_disk on delivery')
  expect((await ledger.recordEvent(event)).outcome).toBe('recorded')
  await client.end()
  await close()
})

test('a lock that somebody holds, and a statement that takes too long, end as an overload that is not repeated', async () => {
  const url = freshUrl({ lock_timeout: '300', statement_timeout: '1500' })
  const { ledger, close } = await openPostgresLedger(url)
  const client = await openClient(url)
  await client.query('begin; lock table event in access exclusive mode')
  const locked = await errorOf(ledger.recordEvent(eventOf()))
  expect([locked.code, locked.message]).toEqual(['LEDGER_OVERLOADED', expect.stringContaining('pg_stat_activity')])
  await client.query('rollback')
  await client.query(`
    create function slow() returns trigger language plpgsql as $$ begin perform pg_sleep(30); return new; end $$;
    create trigger slow before insert on event for each row execute function slow()`)
  const slow = await errorOf(ledger.recordEvent(eventOf()))
  expect([slow.code, slow.message]).toEqual(['LEDGER_OVERLOADED', expect.stringContaining('too long')])
  await client.end()
  await close()
})

test('an error of the server that nobody expects shows no value of a row', async () => {
  const url = freshUrl()
  const { ledger, close } = await openPostgresLedger(url)
  const client = await openClient(url)
  await client.query("alter table event add constraint strange check (event <> 'X')")
  const error = await errorOf(ledger.recordEvent({ ...eventOf(), resource: '{"name":"Zhang San"}' }))
  expect(inspect(error, { depth: 9 })).not.toContain('Zhang San')
  await client.end()
  await close()
})

test.each([
  ['postgres://u:p@ss word@h:port/db', 'cannot be parsed'],
  ['postgres://u:100%@h/db', 'write %25'],
  ['postgres://h/db?schema=', 'schema must be'],
  ['postgres://h/db?schema=pg_x', 'schema must be'],
  ['postgres://h/db?pool=0', 'pool in the URL'],
  ['postgres://h/db?pool=many', 'pool in the URL'],
  ['postgres://h/db?sslmode=prefer', 'sslmode in the URL'],
  ['postgres://h/db?sslmode=disable&sslrootcert=/x', 'no effect'],
  ['postgres://h/db?sslrootcert=/does/not/exist', 'cannot be read'],
  ['postgres://h/db?sslmode=verify-ca', 'name your own authority in sslrootcert'],
  ['postgres://h/db?sslmode=verify-ca&sslrootcert=system', 'name your own authority in sslrootcert'],
  ['postgres://h/db?sslmode=require&sslrootcert=system', 'name your own authority in sslrootcert'],
  ['postgres://h/db?sslmode=verify-full&sslrootcert=/does/not/exist', 'cannot be read'],
  ['postgres://h/db?shcema=x', 'unknown parameter "shcema"'],
])('the URL %s is refused: %s', (url, detail) => {
  let message = ''
  try {
    readTarget(url)
  } catch (error) {
    message = String(error)
  }
  expect(message).toContain(detail)
  expect(message).not.toContain('p@ss word')
})

test.each([
  ['mysql://u:s3cret@h/db', 'mysql:// is no ledger'],
  ['postgress://u:s3cret@h/db', 'postgress:// is no ledger'],
  ['file:///tmp/s3cret.db', 'file:// is no ledger'],
  [' postgres://u:s3cret@h/db', 'a URL is no ledger'],
  ['"postgres://u:s3cret@h/db"', 'a URL is no ledger'],
])('%s is neither a file nor a PostgreSQL', (data, detail) => {
  let message = ''
  try {
    isPostgresUrl(data)
  } catch (error) {
    message = String(error)
  }
  expect(message).toContain(`GATEWAY_DATA: ${detail}. Give --data or GATEWAY_DATA the path of a file, or postgres://`)
  expect(message).not.toContain('s3cret')
})

test.each(['wechatpay-edge.db', '/data/gateway.db', 'C:\\\\data\\\\gateway.db', ':memory:'])('%s is a file', data => {
  expect(isPostgresUrl(data)).toBe(false)
})

test('a URL is read with its user, password, TLS and schema', () => {
  const target = readTarget('postgresql://us%40er:p%3Aw@[::1]:6432/shop?schema=my%20ledger&pool=3&sslmode=verify-full')
  expect(target).toMatchObject({
    schema: 'my ledger',
    poolSize: 3,
    shown: 'postgres://us%40er@[::1]:6432/shop',
    client: {
      user: 'us@er',
      password: 'p:w',
      host: '::1',
      port: 6432,
      database: 'shop',
      ssl: { rejectUnauthorized: true },
    },
  })
})

test.each([
  ['postgres://db.example.com/shop', { rejectUnauthorized: true }],
  ['postgres://10.0.0.7/shop', { rejectUnauthorized: true }],
  ['postgres://localhost.example.com/shop', { rejectUnauthorized: true }],
  ['postgres://db.example.com/shop?sslmode=require', { rejectUnauthorized: false }],
  ['postgres://db.example.com/shop?sslmode=disable', false],
  ['postgres://localhost/shop', false],
  ['postgres://127.0.0.1/shop', false],
  ['postgres://[::1]/shop', false],
  ['postgres://%2Fvar%2Frun%2Fpostgresql/shop', false],
])('the password passes a network only in a verified TLS connection, unless sslmode says otherwise: %s', (url, ssl) => {
  expect(readTarget(url).client.ssl).toEqual(ssl)
})

test('sslmode=require with a certificate authority verifies the certificate as verify-ca does', async () => {
  const file = join(await mkdtemp(join(tmpdir(), 'wechatpay-edge-ca-')), 'ca.pem')
  await writeFile(file, 'a certificate')
  const sslOf = (sslmode: string) => {
    const { ssl } = readTarget(`postgres://h/db?sslmode=${sslmode}&sslrootcert=${encodeURIComponent(file)}`).client
    return Object.keys(ssl as object).map(key => [key, (ssl as Record<string, unknown>)[key]] as const)
  }
  for (const mode of ['require', 'verify-ca'])
    expect(sslOf(mode)).toEqual([
      ['rejectUnauthorized', true],
      ['ca', 'a certificate'],
      ['checkServerIdentity', expect.any(Function)],
    ])
  expect(sslOf('verify-full')).toEqual([
    ['rejectUnauthorized', true],
    ['ca', 'a certificate'],
  ])
  await rm(dirname(file), { recursive: true })
})

test('a server without TLS is refused where TLS is required, and the error names the parameter', async () => {
  const error = await errorOf(openPostgresLedger(freshUrl({ sslmode: 'verify-full' })))
  expect([error.code, error.message]).toEqual(['LEDGER_REFUSED', expect.stringContaining('sslmode=disable')])
})

test('a schema with spaces and quotes has its own tables', async () => {
  const url = freshUrl({ schema: `odd "name" \\ ${process.pid}` })
  const { ledger, close } = await openPostgresLedger(url)
  expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
  await close()
  await admin.query(`drop schema "odd ""name"" \\ ${process.pid}" cascade`)
})

test('text with the character U+0000 is stored without it, and its numbers are found', async () => {
  const { ledger, close } = await openPostgresLedger(freshUrl())
  const event = {
    ...eventOf(),
    subject: 's\0',
    resource: '{"out_trade_no":"T\\u00001","attach":"\\u0000"}',
    endpoints: ['a'],
  }
  const [id] = (await ledger.recordEvent(event)).deliveries
  await ledger.recordAttempt(id!, { tries: 0, at: 1, ms: 1, detail: 'a\0b', result: 'dead' })
  expect((await ledger.delivery(mchid, id!))?.attempts).toMatchObject([{ detail: 'a\u{fffd}b' }])
  expect((await ledger.searchEvents(mchid, { number: 'T1', limit: 1 })).rows).toMatchObject([
    { resource: event.resource },
  ])
  await close()
})
