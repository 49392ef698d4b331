import type { Report } from '../src/gateway/config/problem.ts'
import { type Env, listOf, textOf } from '../src/gateway/config/variables.ts'
import type { ConfigurationWarning } from '../src/gateway/config/warnings.ts'
import { isShardCount, MAX_SHARDS } from '../src/gateway/store/shards/layout.ts'

/** The variable with the number of Durable Objects of which a ledger consists. */
export const SHARDS_VARIABLE = 'LEDGER_SHARDS'

/** The numbers of shards. */
export interface ShardCounts {
  /** Each merchant's ledger. */
  readonly merchants: number
  /** Ledgers by their names: a merchant id, `caller/` and a caller's name, `gateway`. */
  readonly byName: Readonly<Record<string, number>>
}

/**
 * Reads `LEDGER_SHARDS`: `4` for the ledgers of all merchants, `1900000109=8` for one ledger, or a list of both.
 *
 * @param report called for what is wrong, which is left out
 */
export function readShardCounts(env: Env, report: Report = () => {}): ShardCounts {
  const misspelt = Object.keys(env).find(name => /^LEDGER_SHARD/i.test(name) && name !== SHARDS_VARIABLE)
  if (misspelt !== undefined) report(misspelt, `no such variable exists. Is ${SHARDS_VARIABLE} meant?`)
  let merchants = 1
  const byName: Record<string, number> = {}
  for (const item of listOf(textOf(env, SHARDS_VARIABLE))) {
    const [, name, digits = ''] = /^(?:(.+)=)?(\d{1,3})$/.exec(item) ?? []
    const count = Number(digits)
    if (!isShardCount(count)) report(SHARDS_VARIABLE, EXPECTED)
    else if (name === undefined) merchants = count
    else byName[name] = count
  }
  return { merchants, byName }
}

const EXPECTED = `must be a power of 2 from 1 to ${MAX_SHARDS} for all merchants, or for one ledger with its name: 1900000109=8, caller/shop=2, gateway=2`

/** Returns the number of shards of a ledger. */
export const shardCountOf = ({ merchants, byName }: ShardCounts, mchids: ReadonlySet<string>, name: string): number =>
  Object.hasOwn(byName, name) ? byName[name]! : mchids.has(name) ? merchants : 1

/** Lists the names for which the configuration has no ledger: a misspelt one would silently have no effect. */
export function warnOfShardCounts(
  { byName }: ShardCounts,
  { mchids, callers }: { readonly mchids: ReadonlySet<string>; readonly callers: readonly { readonly name: string }[] },
): ConfigurationWarning[] {
  const names = new Set([...mchids, ...callers.map(({ name }) => `caller/${name}`), 'gateway'])
  return Object.keys(byName)
    .filter(name => !names.has(name))
    .map(name => ({
      option: SHARDS_VARIABLE,
      message: `${JSON.stringify(name.slice(0, 60))} is no ledger of this configuration: use a merchant id, caller/NAME or gateway`,
      affectsHealth: true,
    }))
}
