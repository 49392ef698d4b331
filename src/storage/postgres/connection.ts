import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { Client, ClientConfig } from 'pg'
import { isLoopback } from '../../core/base/local-host.ts'
import { ConfigurationError } from '../../core/index.ts'

/** Milliseconds until a connection must be established. */
const CONNECT_TIMEOUT = 5_000
/** Milliseconds for one statement, and for the wait for a lock. WeChat Pay waits 5 s for the response to a notification. */
const STATEMENT_TIMEOUT = 10_000
const LOCK_TIMEOUT = 4_000
/** Milliseconds after which a transaction of a process that hangs ends, so that its locks hold nobody up. */
const IDLE_TIMEOUT = 10_000
const SCHEMA = 'wechatpay_edge'
const POOL_SIZE = 10
const MAX_POOL_SIZE = 500
/** The longest name of PostgreSQL, bytes. */
const MAX_NAME = 63

/** A database to connect to, and how. */
export interface Target {
  readonly client: ClientConfig
  readonly schema: string
  readonly poolSize: number
  /** The target without its password: `postgres://gateway@db.example.com:5432/shop` */
  readonly shown: string
}

/** A connection, or a part of one. */
export interface Connection {
  /**
   * Runs a statement.
   *
   * @param text with `$1` for the first value
   */
  readonly query: <Row = Record<string, unknown>>(
    text: string,
    values?: readonly unknown[],
    name?: string,
  ) => Promise<Row[]>
}

/**
 * Returns whether `GATEWAY_DATA` or `--data` names a PostgreSQL. Otherwise it is the path of a file.
 *
 * @throws {ConfigurationError} `OPTION_INVALID`: it is another URL; the message does not show it, because it may contain a password
 */
export function isPostgresUrl(data: string): boolean {
  if (/^postgres(?:ql)?:\/\//i.test(data)) return true
  if (!data.includes('://')) return false
  const [, scheme] = /^([a-z][a-z\d+.-]*):\/\//i.exec(data) ?? []
  throw invalid(
    `${scheme === undefined ? 'a URL' : `${scheme}://`} is no ledger. Give --data or GATEWAY_DATA the path of a file, or postgres://user@host:5432/database`,
  )
}

/** The parameters of the URL that this program reads itself. */
const OWN = [
  'schema',
  'pool',
  'sslmode',
  'sslrootcert',
  'statement_timeout',
  'lock_timeout',
  'application_name',
] as const

/**
 * Reads the URL of a database: `postgres://user:password@host:5432/database?schema=wechatpay_edge&pool=10&sslmode=verify-full`.
 *
 * @throws {ConfigurationError} `OPTION_INVALID`; the message does not show the URL, which contains the password
 */
export function readTarget(data: string): Target {
  const url = parse(data)
  const values = Object.fromEntries(url.searchParams)
  for (const name of Object.keys(values))
    if (!(OWN as readonly string[]).includes(name))
      throw invalid(`the URL has an unknown parameter ${JSON.stringify(name)}; remove it. Known are ${OWN.join(', ')}`)
  const { schema = SCHEMA } = values
  if (
    schema === '' ||
    new TextEncoder().encode(schema).length > MAX_NAME ||
    /^pg_/i.test(schema) ||
    schema.includes('\0')
  )
    throw invalid(`schema must be a name of at most ${MAX_NAME} bytes that does not begin with pg_`)
  const poolSize = integer(values, 'pool', POOL_SIZE, 1, MAX_POOL_SIZE)
  const statementTimeout = integer(values, 'statement_timeout', STATEMENT_TIMEOUT, 100, 600_000)
  const lockTimeout = integer(values, 'lock_timeout', LOCK_TIMEOUT, 50, 600_000)
  const [user, password, database] = [url.username, url.password, url.pathname.slice(1)].map(decode)
  // A name in brackets is an IPv6 address.
  const host = decode(url.hostname).replace(/^\[(.*)\]$/, '$1')
  return {
    schema,
    poolSize,
    shown: `postgres://${url.username}${url.username ? '@' : ''}${url.host}${url.pathname}`,
    client: {
      // Missing parts are those of PGUSER, PGPASSWORD, PGHOST, PGPORT and PGDATABASE.
      ...(user && { user }),
      ...(password && { password }),
      ...(host && { host }),
      ...(url.port && { port: Number(url.port) }),
      ...(database && { database }),
      ssl: sslOf(values, host || process.env.PGHOST || 'localhost'),
      application_name: values.application_name ?? 'wechatpay-edge',
      connectionTimeoutMillis: CONNECT_TIMEOUT,
      keepAlive: true,
      statement_timeout: statementTimeout,
      lock_timeout: lockTimeout,
      idle_in_transaction_session_timeout: IDLE_TIMEOUT,
      // If the server does not even report that a statement has exceeded its time, the driver gives up.
      query_timeout: statementTimeout + CONNECT_TIMEOUT,
      // The schema alone, so that no object of another schema can be meant.
      options: `-c search_path=${escapeOption(quote(schema))},pg_temp`,
    },
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`
/** Escapes a value for `options` of the startup message, where a backslash keeps a space within a word. */
const escapeOption = (text: string): string => text.replace(/[\\\s]/g, '\\$&')

function parse(data: string): URL {
  try {
    return new URL(data)
  } catch {
    // The error of `URL` shows its input.
    throw invalid(
      'the URL of the database cannot be parsed. Write postgres://user:password@host:5432/database, with %-encoding for special characters of the password',
    )
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw invalid('the URL of the database has a % that begins no %-encoded character; write %25 for it')
  }
}

function integer(values: Record<string, string>, name: string, otherwise: number, min: number, max: number): number {
  const text = values[name]
  if (text === undefined) return otherwise
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max)
    throw invalid(`${name} in the URL of the database must be an integer from ${min} to ${max}`)
  return value
}

/** A host that no network leads to: this machine, or a folder with a socket. */
const isLocal = (host: string): boolean => /^[/@]/.test(host) || isLoopback(host)

/**
 * Returns the TLS settings by `sslmode` and `sslrootcert`, as libpq defines them, but with a default that verifies the server wherever
 * the password passes a network.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
 */
function sslOf({ sslmode, sslrootcert }: Record<string, string>, host: string): ClientConfig['ssl'] {
  const mode = sslmode ?? (isLocal(host) && sslrootcert === undefined ? 'disable' : 'verify-full')
  if (mode === 'disable') {
    if (sslrootcert === undefined) return false
    throw invalid('sslrootcert in the URL of the database has no effect with sslmode=disable; use sslmode=verify-full')
  }
  const hasFile = sslrootcert !== undefined && sslrootcert !== 'system'
  const ca = hasFile ? { ca: readCertificate(sslrootcert) } : {}
  if (mode === 'verify-full') return { rejectUnauthorized: true, ...ca }
  if (mode === 'require' && sslrootcert === undefined) return { rejectUnauthorized: false }
  if (mode !== 'verify-ca' && mode !== 'require')
    throw invalid(
      'sslmode in the URL of the database must be disable, require, verify-ca or verify-full; use verify-full',
    )
  // Anybody can have a certificate of a public authority, for a name of their own.
  if (!hasFile)
    throw invalid(
      `sslmode=${mode} in the URL of the database accepts any server that a public authority has certified; name your own authority in sslrootcert, or use sslmode=verify-full`,
    )
  // With a certificate authority `require` is `verify-ca`, as in libpq.
  return { rejectUnauthorized: true, ...ca, checkServerIdentity: () => undefined }
}

function readCertificate(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new ConfigurationError(
      'FILE_UNREADABLE',
      'GATEWAY_DATA',
      `sslrootcert ${path} cannot be read; check the path`,
      cause,
    )
  }
}

const invalid = (detail: string): ConfigurationError => new ConfigurationError('OPTION_INVALID', 'GATEWAY_DATA', detail)

/** Returns a connection's query function. */
export const connectionOf = (client: Client): Connection => ({
  async query<Row>(text: string, values: readonly unknown[] = [], name?: string) {
    const { rows } = await client.query({ text, values: [...values], ...(name !== undefined && { name }) })
    return rows as Row[]
  },
})
