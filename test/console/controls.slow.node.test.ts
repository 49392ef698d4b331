/** The views that act on the simulator: records, notifications, controls. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from './console-page.ts'

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

let browser: Browser
let served: ServedSimulator
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  served = await serveSimulator()
  return async () => {
    await page.context().close()
    await served.close()
  }
})

async function open(view: string, options = DESKTOP): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/#/${view}`, options))
}

const click = (name: string) => page.getByRole('button', { name, exact: true }).click()
const item = (number: string) => page.locator('.items li').filter({ hasText: number })

async function placeRefund(out_trade_no: string, out_refund_no: string): Promise<void> {
  await served.place(out_trade_no)
  served.simulator.pay({ out_trade_no })
  await served.wxpay.v3.refund.domestic.refunds.post({
    out_trade_no,
    out_refund_no,
    amount: { refund: 100, total: 100, currency: 'CNY' },
  })
}

async function placeTransfer(out_bill_no: string): Promise<void> {
  const { appid } = served.simulator.merchant
  await served.wxpay.v3.fundApp.mchTransfer.transferBills.post({
    appid,
    out_bill_no,
    transfer_scene_id: '1000',
    openid: OPENID,
    transfer_amount: 100,
    transfer_remark: '奖励',
    transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
  })
}

const PARKING = {
  plate_number: '粤B888888',
  plate_color: 'BLUE',
  start_time: '2026-03-01T18:00:00+08:00',
  parking_name: '欢乐海岸停车场',
} as const

/** Deducts the fee FEE-1 of a parking, which WeChat Pay advances while the vehicle is in the lot again. */
async function advanceFeeOf(first: string, second: string): Promise<void> {
  const { simulator, wxpay } = served
  await wxpay.v3.vehicle.transactions.parking.post({
    appid: simulator.merchant.appid,
    description: '停车',
    out_trade_no: 'FEE-1',
    trade_scene: 'PARKING',
    notify_url: 'https://merchant.example/pay',
    amount: { total: 100, currency: 'CNY' },
    parking_info: {
      ...PARKING,
      parking_id: simulator.parking(first)!.id,
      end_time: '2026-03-01T20:30:00+08:00',
      charging_duration: 60,
      device_id: '1',
    },
  })
  simulator.advanceParkingFee({ out_trade_no: 'FEE-1' })
  await wxpay.v3.vehicle.parking.parkings.post({
    ...PARKING,
    out_parking_no: second,
    notify_url: 'https://merchant.example/entry',
    free_duration: 0,
  })
}

describe('records', () => {
  test('of products besides payments are shown once there are some, with what their users can do', async () => {
    const { simulator, wxpay } = served
    await open('records')
    await page.getByRole('heading', { name: 'Transfers' }).waitFor()
    expect(await page.getByRole('heading', { name: 'Parking' }).count()).toBe(0)
    await wxpay.v3.vehicle.parking.parkings.post({
      ...PARKING,
      out_parking_no: 'PARK-001',
      notify_url: 'https://merchant.example/entry',
      free_duration: 0,
    })
    await click('Open the plate: PARK-001')
    await item('PARK-001').locator('.state').getByText('NORMAL', { exact: true }).waitFor()
    await click('Pause the plate: PARK-001')
    await item('PARK-001').locator('.state').getByText('BLOCKED', { exact: true }).waitFor()
    await item('PARK-001').locator('summary').click()
    await item('PARK-001').locator('svg').waitFor()
    await click('Resume the plate: PARK-001')
    await item('PARK-001').locator('.state').getByText('NORMAL', { exact: true }).waitFor()
    await advanceFeeOf('PARK-001', 'PARK-002')
    await item('PARK-002').getByText('OVERDUE', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Repay the fee: FEE-1' }).waitFor()
    await click('Repay the fee: PARK-002')
    await item('PARK-002').locator('.state').getByText('NORMAL', { exact: true }).waitFor()
    await expect.poll(() => page.getByRole('button', { name: /^Repay/ }).count()).toBe(0)
    // One request reads the records of all these products.
    const read = await page.evaluate(() => performance.getEntriesByType('resource').map(({ name }) => name))
    expect(read.some(url => url.endsWith('/simulator/product-records'))).toBe(true)
    expect(read.filter(url => /\/(?:parkings|fapiao-applications|medical-orders|red-packets)$/.test(url))).toEqual([])
    await wxpay.v3.medIns.orders.post({
      mix_pay_type: 'INSURANCE_ONLY',
      order_type: 'REG_PAY',
      appid: simulator.merchant.appid,
      openid: OPENID,
      payer: { name: '张三', id_digest: '09eb26e839ff3a2e3980352ae45ef09e', card_type: 'ID_CARD' },
      out_trade_no: 'MEDICAL-1',
      serial_no: 'S1',
      pay_order_id: 'ORD1',
      pay_auth_no: 'AUTH1',
      geo_location: '102.682296,25.054260',
      med_ins_order_create_time: '2026-03-01T20:29:00+08:00',
      city_id: '530100',
      med_inst_name: '医院',
      med_inst_no: '1',
      total_fee: 100,
      med_ins_gov_fee: 100,
      med_ins_self_fee: 0,
      med_ins_other_fee: 0,
      med_ins_cash_fee: 0,
      callback_url: 'https://hospital.example/paid',
    })
    await click('Insurance refuses: MEDICAL-1')
    await item('MEDICAL-1').getByText('MIX_PAY_FAIL', { exact: true }).waitFor()
    await expect.poll(() => item('MEDICAL-1').getByRole('button').count()).toBe(0)
    expect(await accessibilityViolations(page)).toEqual([])
    expect(errors).toEqual([])
  })

  test('have the actions that their state admits, and change at once', async () => {
    // A refund succeeds by itself three seconds later, but not while the clock stands.
    await served.close()
    const begun = Date.now()
    served = await serveSimulator({ now: () => begun })
    await served.place('R-00001')
    await placeTransfer('BILL0001')
    await open('records')
    await item('R-00001').getByText('NOTPAY').waitFor()
    await click('Bank refuses: R-00001')
    await item('R-00001').getByText('NOTPAY').waitFor()
    const canceled = page.waitForResponse('**/simulator/cancel')
    await click('Shopper cancels: R-00001')
    expect((await canceled).status()).toBe(200)
    await item('R-00001').getByText('NOTPAY').waitFor()
    await click('Pay: R-00001')
    await item('R-00001').getByText('SUCCESS').waitFor()
    await expect.poll(() => item('R-00001').getByRole('button').allInnerTexts()).toEqual(['Shopper complains'])
    await placeRefund('R-00002', 'RF-0001')
    await item('RF-0001').getByText('PROCESSING').waitFor()
    await click('Abnormal: RF-0001')
    await item('RF-0001').getByText('ABNORMAL', { exact: true }).waitFor()
    await expect.poll(() => item('RF-0001').getByRole('button').count()).toBe(0)
    await item('BILL0001').getByText('WAIT_USER_CONFIRM').waitFor()
    await click('Fail: BILL0001')
    await item('BILL0001').getByText('FAIL', { exact: true }).waitFor()
    expect(served.simulator.order('R-00001')?.trade_state).toBe('SUCCESS')
    expect(served.simulator.refund('RF-0001')?.status).toBe('ABNORMAL')
    expect(served.simulator.transfer('BILL0001')?.state).toBe('FAIL')
    expect(errors).toEqual([])
  })

  test.each([
    ['English', DESKTOP, 'Pay: R-00001', 'The order is already paid. (R-00001)'],
    ['Chinese', PHONE, '付款：R-00001', '该订单已支付（ORDER_PAID）'],
  ] as const)('say in %s why an action is refused', async (_language, options, button, refusal) => {
    await served.place('R-00001')
    await open('records', options)
    await page.getByRole('button', { name: button }).waitFor()
    // Another page was faster, and this one has not heard of it.
    await page.route('**/simulator/pay', async route => {
      served.simulator.pay({ out_trade_no: 'R-00001' })
      await route.continue()
    })
    await click(button)
    await page.getByRole('alert').getByText(refusal).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
  })
})

describe('notifications', () => {
  test('are held back, released, repeated and tampered with', async () => {
    await served.place('N-00001')
    await open('notifications')
    await page.getByText('None yet.').waitFor()
    await page.getByRole('switch', { name: 'Hold notifications back' }).click()
    await page.getByRole('switch', { name: 'Hold notifications back', checked: true }).waitFor()
    served.simulator.pay({ out_trade_no: 'N-00001' })
    await page.reload()
    await item('N-00001').getByText('not acknowledged').waitFor()
    await page.getByRole('switch', { name: 'Hold notifications back' }).click()
    await item('N-00001').getByText('acknowledged', { exact: true }).waitFor()
    await item('N-00001').getByText('1 attempt').waitFor()
    await click('Repeat: N-00001')
    await item('N-00001').getByText('2 attempts').waitFor()
    await click('Tampered: N-00001')
    await item('N-00001').getByText('3 attempts').click()
    await item('N-00001').getByText('204 tampered').waitFor()
    const [notification] = served.simulator.notifications
    expect(notification?.attempts.map(({ variant }) => variant)).toEqual([undefined, 'repeat', 'tampered'])
    expect(errors).toEqual([])
  })
})

describe('controls', () => {
  test('advance the clock, by a step or to the next scheduled work', async () => {
    await placeTransfer('BILL0001')
    await open('controls')
    const before = served.simulator.now()
    await click('+1 h')
    await expect.poll(() => served.simulator.now() - before).toBeGreaterThanOrEqual(3_600_000)
    await page.getByRole('button', { name: 'To the next scheduled work' }).click()
    await expect.poll(() => served.simulator.transfer('BILL0001')?.state).toBe('FAIL')
    await page.getByText('Nothing is scheduled').waitFor()
  })

  test('the timeline says whose times it shows, once the clock was moved', async () => {
    await placeTransfer('BILL0001')
    await open('timeline')
    await page.locator('.row').first().waitFor()
    expect(await page.locator('.clock-note').count()).toBe(0)
    served.simulator.advance(86_400_000)
    await page
      .getByText(/^Times of the simulated clock \(\+1 d\), [\w/+-]+\. The terminal prints real times\.$/)
      .waitFor()
  })

  test('turn faults on and off, for a path', async () => {
    await open('controls')
    await page.getByLabel('Only for the path').fill('/v3/certificates')
    await page.getByRole('switch', { name: '500 SYSTEM_ERROR' }).click()
    await page.getByRole('switch', { name: '500 SYSTEM_ERROR', checked: true }).waitFor()
    expect(served.simulator.faults.list()).toMatchObject([
      { rule: { kind: 'status', status: 500, path: '/v3/certificates' } },
    ])
    await served.simulator.fetch('http://localhost/v3/certificates')
    await page.getByText('applied once').waitFor()
    await page.getByRole('switch', { name: '500 SYSTEM_ERROR' }).click()
    await expect.poll(() => served.simulator.faults.list()).toEqual([])
    await page.getByLabel('Only for the path').fill('not a path')
    await page.getByRole('switch', { name: 'Lose the response' }).click()
    await page.getByRole('alert').getByText('path').waitFor()
  })

  test('save and restore the state, and reset it once asked', async () => {
    await served.place('S-00001')
    await open('controls')
    await page.getByLabel('Name').fill('<b>placed</b>')
    await click('Save the state')
    await page.getByText('<b>placed</b>').waitFor()
    served.simulator.pay({ out_trade_no: 'S-00001' })
    await click('Restore: <b>placed</b>')
    await expect.poll(() => served.simulator.order('S-00001')?.trade_state).toBe('NOTPAY')
    await click('Reset')
    await page.getByText('Forget all records since the start?').waitFor()
    await click('Keep them')
    expect(served.simulator.order('S-00001')).toBeDefined()
    await click('Reset')
    await click('Reset now')
    await expect.poll(() => served.simulator.order('S-00001')).toBeUndefined()
    expect(errors).toEqual([])
  })
})

test.each(['records', 'notifications', 'controls', 'pay'])(
  'axe objects to nothing in %s, in both languages, on a phone and a desktop; nothing is wider than the screen',
  async view => {
    await placeRefund('A-00001', 'AF-0001')
    await placeTransfer('BILL0001')
    await served.place('A-00002', { description: 'x'.repeat(100) })
    served.simulator.faults.add({ kind: 'delay', ms: 1, path: `/v3/${'x'.repeat(100)}` })
    served.simulator.save('saved')
    await served.simulator.settled()
    for (const size of [PHONE, DESKTOP])
      for (const [locale, colorScheme] of [
        ['en-US', 'light'],
        ['zh-CN', 'dark'],
      ] as const) {
        await open(view, { ...size, locale, colorScheme })
        if (view !== 'pay') await page.locator('h2').first().waitFor()
        await page.locator('.items li').first().waitFor()
        expect(await accessibilityViolations(page)).toEqual([])
        expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
        expect(errors).toEqual([])
        if (size !== DESKTOP || locale !== 'zh-CN') await page.context().close()
      }
  },
)
