import { expect, test } from 'vitest'
import { readShardCounts, shardCountOf, warnOfShardCounts } from '../../worker/shard-counts.ts'

const mchids = new Set(['1900000109', '1900000110'])
const read = (env: Record<string, unknown>) => {
  const problems: string[] = []
  const counts = readShardCounts(env, (option, message) => void problems.push(`${option} ${message}`))
  return { counts, problems }
}

test.each([
  [{}, [1, 1, 1, 1]],
  [{ LEDGER_SHARDS: '4' }, [4, 4, 1, 1]],
  [{ LEDGER_SHARDS: 4 }, [4, 4, 1, 1]],
  [{ LEDGER_SHARDS: '1900000109=8, caller/shop=2 gateway=4' }, [8, 1, 2, 4]],
  [{ LEDGER_SHARDS: '2,1900000110=16' }, [2, 16, 1, 1]],
])('%j', (env, expected) => {
  const { counts, problems } = read(env)
  expect(problems).toEqual([])
  const names = ['1900000109', '1900000110', 'caller/shop', 'gateway']
  expect(names.map(name => shardCountOf(counts, mchids, name))).toEqual(expected)
})

test.each(['0', '3', '128', 'four', '1900000109=5', '1900000109:4', '=4', '-2', '2.5', '04x'])(
  'LEDGER_SHARDS=%s is refused with what it must be',
  text => {
    expect(read({ LEDGER_SHARDS: text }).problems).toEqual([
      expect.stringMatching(/^LEDGER_SHARDS must be a power of 2 from 1 to 64 .*1900000109=8/),
    ])
  },
)

test('a misspelt name of the variable, and of a ledger, is reported', () => {
  expect(read({ LEDGER_SHARD: '4' }).problems).toEqual([
    'LEDGER_SHARD no such variable exists. Is LEDGER_SHARDS meant?',
  ])
  const { counts } = read({ LEDGER_SHARDS: '1900000199=4,shop=2,caller/shop=2' })
  const warnings = warnOfShardCounts(counts, { mchids, callers: [{ name: 'shop' }] })
  expect(warnings.map(({ message }) => message.slice(0, 30))).toEqual([
    '"1900000199" is no ledger of t',
    '"shop" is no ledger of this co',
  ])
})
