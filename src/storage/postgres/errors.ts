import { LedgerError } from '../../gateway/store/ledger-error.ts'
import { WriteConflict } from '../../gateway/store/write-conflict.ts'

/** The treatment of an error of the database. */
export type Treatment =
  /** The transaction met another one; it is carried out again at once. */
  | 'conflict'
  /** The connection broke, or the server is restarting. The transaction may have been committed. */
  | 'lost'
  /** A repetition would have the same result, or add to the load. */
  | 'final'

/**
 * The beginning of a SQLSTATE, or all of it, with the reason that a user is told.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const REASONS: readonly (readonly [state: string, code: LedgerError['code'], detail: string])[] = [
  [
    '28',
    'LEDGER_REFUSED',
    'the database refuses the user or the password. Check both in the URL, and pg_hba.conf of the server, which may accept TLS only (sslmode)',
  ],
  ['3D000', 'LEDGER_REFUSED', 'the database does not exist. Create it, or correct its name in the URL'],
  [
    '42501',
    'LEDGER_REFUSED',
    'the user lacks a right. Let it own the schema, or grant it create on the database for the first start',
  ],
  ['25006', 'LEDGER_READ_ONLY', 'the database is read-only, as a standby is. Connect to the primary server'],
  ['53100', 'LEDGER_FULL', 'the disk of the database is full. Free space on it'],
  ['53200', 'LEDGER_OVERLOADED', 'the database is out of memory. Repeat later'],
  [
    '53300',
    'LEDGER_OVERLOADED',
    'the database has too many connections. Lower pool in the URL of each process, or raise max_connections',
  ],
  ['53', 'LEDGER_FULL', 'the database is short of a resource, such as disk space. Look into its log'],
  [
    '22',
    'LEDGER_VALUE_REFUSED',
    'the database cannot store a value. A repetition does not help; report this with the cause as an error of wechatpay-edge',
  ],
  [
    '54',
    'LEDGER_VALUE_REFUSED',
    'a value is longer than the database can store or index. A repetition does not help; shorten the number in the call, or report this as an error of wechatpay-edge',
  ],
  ['55P03', 'LEDGER_OVERLOADED', 'another transaction holds a lock for too long. Look for it in pg_stat_activity'],
  ['57014', 'LEDGER_OVERLOADED', 'a statement took too long. Look for locks and load in pg_stat_activity'],
  ['25P03', 'LEDGER_OVERLOADED', 'this process was too slow to end its transaction. Repeat later'],
  ['08', 'LEDGER_UNAVAILABLE', 'the connection to the database broke. Repeat in a moment'],
  ['57P', 'LEDGER_UNAVAILABLE', 'the database is shutting down or starting. Repeat in a moment'],
  ['XX', 'LEDGER_UNAVAILABLE', 'the database has failed. Look into its log'],
]

const UNEXPECTED = ['', 'LEDGER_UNAVAILABLE', 'the database has refused a statement. Look into its log'] as const

/**
 * Errors of the driver, and of TLS in Node.js, Deno and Bun, by their code and message. A repetition has the same
 * result.
 *
 * @see https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const LOGIN_REASONS: readonly (readonly [pattern: RegExp, detail: string])[] = [
  [
    /does not support SSL connections/,
    'the server has no TLS, which sslmode requires. Set ssl = on at the server, or, only on a network that nobody else can read, sslmode=disable in the URL',
  ],
  [
    /establishing an SSL connection/,
    'the server does not answer the request for TLS, which sslmode requires, as PostgreSQL does. Check host and port',
  ],
  [
    /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_|HOSTNAME_|ERR_TLS_CERT_)|invalid peer certificate|self.signed certificate/i,
    'sslmode refuses the certificate of the server. Connect to the host name of the certificate, and name the authority that has signed it in sslrootcert of the URL',
  ],
  [
    /^(?:ERR_TLS_|ERR_SSL_|ERR_OSSL_|EPROTO)/,
    'no TLS connection is possible. Check sslmode and sslrootcert in the URL, and the TLS versions of the server',
  ],
  [/^ ?SASL/, 'the login has failed. Check the password in the URL or PGPASSWORD'],
]

/** The server has answered `commit` with ROLLBACK, because a statement of the transaction has failed unnoticed. Nothing is written. */
export class RolledBack extends Error {
  override readonly name: string = 'RolledBack'
}

const UNIQUE_VIOLATION = '23505'
const CONFLICTS = new Set(['40001', '40P01', UNIQUE_VIOLATION])
/** Codes of the system, and messages of the driver, for a connection that cannot be made or has broken. */
const BROKEN =
  /^(?:ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_AGAIN|ENOENT|EADDRNOTAVAIL)|Connection terminated|Client has encountered a connection error|Client was closed|not queryable|socket/i
/** A wait for a connection, or for an answer, that was given up. It has taken too long to be repeated. */
const TIMED_OUT = /timeout expired|timeout exceeded|Query read timeout/i

const stateOf = (error: unknown): string => String((Object(error) as { code?: unknown }).code ?? '')
const messageOf = (error: unknown): string => String((Object(error) as { message?: unknown }).message ?? error)
/** An error of the server has a SQLSTATE; other errors are those of the connection or of this program. */
export const isFromServer = (error: unknown): boolean =>
  /^[\dA-Z]{5}$/.test(stateOf(error)) && 'severity' in Object(error)
const hasTimedOut = (error: unknown): boolean => !isFromServer(error) && TIMED_OUT.test(messageOf(error))
const hasBroken = (error: unknown): boolean =>
  !isFromServer(error) && (BROKEN.test(stateOf(error)) || BROKEN.test(messageOf(error)))

const loginReasonOf = (error: unknown): string | undefined =>
  isFromServer(error)
    ? undefined
    : LOGIN_REASONS.find(([pattern]) => pattern.test(`${stateOf(error)} ${messageOf(error)}`))?.[1]

/**
 * Returns whether one call of a batch can be the reason of an error, so that the others succeed without it. A database that has no room
 * or takes no writes refuses each of them, too.
 */
export const mayBeOfOneCall = (error: unknown): boolean =>
  isFromServer(error)
    ? treatmentOf(error) === 'conflict' || /^(?:2[23]|54|55P03)/.test(stateOf(error))
    : !hasTimedOut(error) && !hasBroken(error) && loginReasonOf(error) === undefined

/** Returns whether a connection cannot be used any more after an error. */
export const isUnusable = (error: unknown): boolean => hasTimedOut(error) || treatmentOf(error) === 'lost'

export function treatmentOf(error: unknown): Treatment {
  if (error instanceof WriteConflict) return 'conflict'
  if (hasTimedOut(error) || loginReasonOf(error) !== undefined) return 'final'
  if (hasBroken(error)) return 'lost'
  if (!isFromServer(error)) return 'final'
  const state = stateOf(error)
  if (CONFLICTS.has(state)) return 'conflict'
  return /^(?:08|57P0[123])/.test(state) ? 'lost' : 'final'
}

/**
 * Returns the typed error for an error of the database or of the connection. Its message contains neither values of rows nor the
 * password; the cause is the driver's error, whose fields `detail` and `where` may contain values, so that only its code is kept.
 *
 * @param shown the database without the password
 */
export function ledgerErrorOf(error: unknown, shown: string): unknown {
  if (error instanceof LedgerError) return error
  const state = stateOf(error)
  const cause = Object.assign(
    new Error(`${state || 'no code'}: ${isFromServer(error) ? firstLine(error) : messageOf(error)}`),
    { code: state },
  )
  const loginReason = loginReasonOf(error)
  if (loginReason !== undefined)
    return new LedgerError('LEDGER_REFUSED', `${shown}: ${loginReason}${state && ` (${state})`}`, cause)
  if (hasTimedOut(error))
    return new LedgerError(
      'LEDGER_UNAVAILABLE',
      `${shown} has not responded in time, or all connections of this process are in use. Check its load and the network; raise pool in the URL if it is idle`,
      cause,
    )
  if (hasBroken(error))
    return new LedgerError(
      'LEDGER_UNAVAILABLE',
      `${shown} cannot be reached. Check that the database runs and that the network allows the connection; repeat in a moment`,
      cause,
    )
  if (error instanceof WriteConflict || CONFLICTS.has(state))
    return new LedgerError('LEDGER_OVERLOADED', `${shown}: too many transactions meet each other. Repeat later`, cause)
  if (error instanceof RolledBack)
    return new LedgerError(
      'LEDGER_UNAVAILABLE',
      `${shown} has rolled a transaction back instead of committing it; nothing is written. Look for the reason in its log, and repeat`,
      cause,
    )
  if (!isFromServer(error)) return error
  const [, code, detail] = REASONS.find(([start]) => state.startsWith(start)) ?? UNEXPECTED
  return new LedgerError(code, `${shown}: ${detail}`, cause)
}

/** Returns whether an error of {@link ledgerErrorOf} says that two rows have what only one may have. */
export const isUniqueViolation = (error: unknown): boolean =>
  error instanceof LedgerError && stateOf(error.cause) === UNIQUE_VIOLATION

/** The message of the server without quoted values, which may come from rows. */
const firstLine = (error: unknown): string =>
  messageOf(error)
    .split('\n')[0]!
    .replace(/"[^"]*"/g, '"…"')
