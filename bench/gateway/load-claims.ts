import { refundsOf } from '../../test/load/overtaken.ts'
import type { LoadRun } from '../../test/load/run.ts'

/** A condition, and whether a run has met it. */
export type ClaimOfRun = readonly [name: string, holds: boolean]

/** Lists the conditions that must hold for every kind of deployment. */
export function claimsOf({
  mix,
  statuses,
  shop,
  ledger,
}: Pick<LoadRun, 'mix' | 'statuses' | 'shop' | 'ledger'>): ClaimOfRun[] {
  const ids = JSON.stringify(mix.genuine.map(({ id }) => id).sort())
  const acknowledged = [...shop.seen].filter(([, { acknowledged }]) => acknowledged !== undefined).map(([id]) => id)
  return [
    [
      '204 for every genuine notification, 401 for every forged one',
      mix.sendings.every(({ flaw }, at) => statuses[at] === (flaw ? 401 : 204)),
    ],
    ['every genuine one recorded once, no forged one', JSON.stringify(ledger.events) === ids],
    [
      'every genuine one delivered, no forged one',
      JSON.stringify(acknowledged.sort()) === ids && shop.seen.size === mix.genuine.length,
    ],
    ['one delivery per event, all delivered', ledger.odd === 0 && ledger.deliveries.delivered === mix.genuine.length],
    ['no refund delivered before its payment', refundsOf(mix, shop).overtaken.length === 0],
    ['no other request to the endpoint', shop.wrong.length === 0],
  ]
}

export const yes = (holds: boolean): string => (holds ? 'yes' : 'NO')
