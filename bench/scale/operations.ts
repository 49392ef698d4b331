import type { Ledger } from '../../src/gateway/index.ts'

export const MCHID = '1900000109'
/**
 * Calls at a time: those that a process has under way when it is used as planned, by Little's law (some 600 notifications per second, three
 * calls each, 4 ms a call). More at a time would share more statements and commits.
 */
export const CONCURRENCY = 8

/** The calls to a ledger that a notification with one delivery takes, in their order. */
export const OPERATIONS = ['record', 'claim', 'attempt'] as const
export type Operation = (typeof OPERATIONS)[number]

const RESOURCE = JSON.stringify({
  transaction_id: '4200000000000000000000000000',
  out_trade_no: '1217752501201407033233368018',
  trade_state: 'SUCCESS',
  trade_type: 'JSAPI',
  bank_type: 'CMC',
  attach: '自定义数据',
  success_time: '2026-11-11T00:00:00+08:00',
  payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
})

export type MeasuredLedger = Pick<Ledger, 'recordEvent' | 'claimDelivery' | 'recordAttempt'>

/** Creates the calls. `record` takes the number of an event and returns the ids of its deliveries, which the others take. */
export function createOperations(ledger: MeasuredLedger) {
  return {
    async record(number: number): Promise<readonly number[]> {
      const { deliveries } = await ledger.recordEvent({
        mchid: MCHID,
        api: 'v3',
        id: `E${number}`,
        event: 'TRANSACTION.SUCCESS',
        resource: RESOURCE,
        subject: `transaction_id/${number}`,
        dedupeKey: `transaction_id/${number}/SUCCESS`,
        source: 'notification',
        createdAt: Date.now(),
        nonce: `nonce-${number}`,
        endpoints: ['shop'],
      })
      return deliveries
    },
    claim: (id: number): Promise<unknown> => ledger.claimDelivery(id, `owner-${id}`),
    attempt: (id: number): Promise<unknown> =>
      ledger.recordAttempt(id, { tries: 0, at: Date.now(), ms: 20, status: 204, result: 'delivered', isOutage: false }),
  } satisfies Record<Operation, unknown>
}
