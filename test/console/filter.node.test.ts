import { expect, test } from 'vitest'
import { filtered, NO_FILTER } from '../../src/console/timeline/filter.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { createTimeline } from '../../src/simulator/timeline/timeline.ts'

const SECOND = '1900000112'

const place = ({ merchant, fetch }: Pick<Simulator, 'merchant' | 'fetch'>, out_trade_no: string) =>
  new Wechatpay({ ...merchant, fetch, retry: false }).v3.pay.transactions.native.post({
    appid: merchant.appid,
    mchid: merchant.mchid,
    out_trade_no,
    description: 'QQ公仔',
    notify_url: 'https://merchant.example/notify',
    amount: { total: 100 },
  })

test('the filter shows the entries of a merchant, and those that concern no merchant', async () => {
  const simulator = await createSimulator({
    merchants: [{ mchid: '1900000109' }, { mchid: SECOND }],
    deliver: async () => new Response(null, { status: 204 }),
  })
  const timeline = createTimeline('test')
  simulator.observe(timeline.add)
  const second = simulator.as(SECOND)
  await place(simulator, 'first-1')
  await place(second, 'second-1')
  simulator.pay({ out_trade_no: 'first-1' })
  second.pay({ out_trade_no: 'second-1' })
  await simulator.advance(60_000)
  await simulator.settled()
  const entries = timeline.entriesAfter(0, 100).map(entry => ({ ...entry, key: String(entry.id) }))
  const shown = filtered(entries, { ...NO_FILTER, merchant: SECOND })
  expect(shown.map(({ kind }) => kind).sort()).toEqual(['action', 'action', 'notification', 'request'])
  expect(JSON.stringify(shown)).not.toContain('first-1')
  expect(filtered(entries, NO_FILTER)).toBe(entries)
})
