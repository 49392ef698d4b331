import { beforeAll, describe, expect, test } from 'vitest'
import { type KilledRun, runKilled } from './killed.ts'
import { refundsOf } from './overtaken.ts'

const COUNT = 2_000
const KILLS = 5

describe(`${COUNT} notifications, 64 at a time, to \`wechatpay-edge serve\`, which is killed ${KILLS} times (SIGKILL) and started again`, () => {
  let run: KilledRun
  beforeAll(async () => {
    run = await runKilled(COUNT, KILLS)
  }, 600_000)

  test('it was killed with requests under way', () => {
    expect(run.kills).toBe(KILLS)
    expect(run.unanswered).toBeGreaterThan(KILLS)
  })

  test('nothing is lost, and nothing is doubled in the ledger', () => {
    expect(run.ledger.events).toEqual(run.mix.genuine.map(({ id }) => id).sort())
    expect(run.ledger.odd).toBe(0)
    expect(run.ledger.deliveries).toEqual({ delivered: run.mix.genuine.length })
  })

  test('what was repeated because nobody answered is acknowledged, forged ones are refused', () => {
    const wrong = run.mix.sendings.filter(({ flaw }, at) => run.statuses[at] !== (flaw ? 401 : 204))
    expect(wrong).toEqual([])
  })

  test('the endpoint has each, always under the same name, and nothing else', () => {
    expect(run.shop.wrong).toEqual([])
    const acknowledged = [...run.shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined)
    expect(acknowledged.map(([id]) => id).sort()).toEqual(run.ledger.events)
    expect(run.shop.seen.size).toBe(run.mix.genuine.length)
  })

  test('a refund is not tried before its payment has arrived', () => {
    const { refunds, overtaken } = refundsOf(run.mix, run.shop)
    expect(refunds.length).toBeGreaterThan(80)
    expect(overtaken).toEqual([])
  })
})
