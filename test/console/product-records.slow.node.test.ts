/** The records of products besides payments in the console: their states in words, their diagrams, and what their users can do. */
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
import { completeServiceOrder, makeProductRecords } from './product-records.ts'

let browser: Browser
let served: ServedSimulator
let numbers: Awaited<ReturnType<typeof makeProductRecords>>
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  served = await serveSimulator()
  numbers = await makeProductRecords(served)
  return async () => {
    await page.context().close()
    await served.close()
  }
})

async function open(options = DESKTOP): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/#/records`, options))
  await item('SERVICE-1').waitFor()
}

const item = (number: string) => page.locator('.items > li').filter({ hasText: number })
const button = (name: string) => page.getByRole('button', { name, exact: true })
const click = (name: string) => button(name).click()
const stateOf = (number: string, state: string, words: string) =>
  item(number)
    .locator('.state')
    .getByText(words, { exact: true })
    .and(page.locator(`:text("${state}") + *`))
    .waitFor()

/** Answers the questions of an action, and acts. */
async function answer(action: string, number: string, answers: Readonly<Record<string, string>> = {}): Promise<void> {
  await click(`${action}: ${number}`)
  const form = page.getByRole('form', { name: `${action}: ${number}` })
  for (const [label, text] of Object.entries(answers)) await form.getByLabel(label).fill(text)
  await form.getByRole('button', { name: action, exact: true }).click()
}

describe('the records of', () => {
  test('service orders and permissions are confirmed, paid, granted and revoked', async () => {
    await open()
    await stateOf('SERVICE-1', 'CREATED', 'Created by the merchant')
    await item('SERVICE-1').getByText('risk fund').waitFor()
    await click('User confirms: SERVICE-1')
    await stateOf('SERVICE-1', 'DOING', 'In progress')
    await expect.poll(() => item('SERVICE-1').getByRole('button').count()).toBe(0)
    await completeServiceOrder(served)
    await item('SERVICE-1').getByText('completed, not deducted').waitFor()
    await item('SERVICE-1').getByText('3.00 CNY').waitFor()
    await click('Deduct the amount: SERVICE-1')
    await stateOf('SERVICE-1', 'DONE', 'Done')
    await click('User grants: PERMISSION-1')
    await stateOf('PERMISSION-1', 'AVAILABLE', 'Granted')
    await click('User revokes: PERMISSION-1')
    await stateOf('PERMISSION-1', 'UNBINDUSER', 'Revoked')
    expect(errors).toEqual([])
  })

  test('contracts, authorizations and payroll cards are signed, confirmed, given and taken back', async () => {
    await open()
    await click('User signs: CONTRACT1')
    await stateOf('CONTRACT1', 'SIGNED', 'Signed')
    await click('User terminates: CONTRACT1')
    await stateOf('CONTRACT1', 'TERMINATED', 'Terminated')
    await click('Shopper confirms: AUTHORIZATION1')
    await stateOf('AUTHORIZATION1', 'TAKING_EFFECT', 'In effect')
    await click('Shopper closes: AUTHORIZATION1')
    await stateOf('AUTHORIZATION1', 'CLOSED', 'Closed')
    await click('Employee authorizes: oEmployee')
    await stateOf('oEmployee', 'AUTHORIZED', 'Authorized')
    await click('Employee withdraws: oEmployee')
    await stateOf('oEmployee', 'DEAUTHORIZED', 'Withdrawn')
    await answer('Employee fails', 'EMPLOYEE-1', { Reason: 'another face' })
    await stateOf('EMPLOYEE-1', 'AUTHENTICATE_FAILED', 'Failed')
    await item('EMPLOYEE-1').getByText('another face').waitFor()
    expect(errors).toEqual([])
  })

  test('complaints begin at a paid order, with the words of the shopper', async () => {
    await open()
    await answer('Shopper complains', 'PAID-1', { Complaint: 'It is broken.' })
    const complaint = item('It is broken.')
    await complaint.getByText('PENDING', { exact: true }).waitFor()
    await expect.poll(() => button('Shopper complains: PAID-1').count()).toBe(0)
    await complaint.getByRole('button', { name: /^Shopper asks WeChat Pay for help/ }).click()
    await complaint.getByText('WeChat Pay helps', { exact: true }).waitFor()
    await complaint.getByRole('button', { name: /^WeChat Pay ends its help/ }).click()
    await complaint.getByRole('button', { name: /^Shopper asks WeChat Pay for help/ }).waitFor()
    await complaint.getByRole('button', { name: /^Shopper replies/ }).click()
    await complaint.getByLabel('Reply').fill('Hello?')
    await complaint.getByRole('form').getByRole('button', { name: 'Shopper replies', exact: true }).click()
    const lastWords = () => served.simulator.complaints()[0]?.history.at(-1)?.operate_details
    await expect.poll(lastWords).toBe('Hello?')
    expect(errors).toEqual([])
  })

  test('coupons are used for an order that is chosen, and given to a shopper who is named', async () => {
    await open()
    await item(numbers.coupon_id).getByText('no order to pay with it').waitFor()
    await served.place('OPEN-1')
    await served.place('OPEN-2')
    await click(`Pay an order with it: ${numbers.coupon_id}`)
    await page.getByRole('form').getByLabel('Order').selectOption('OPEN-1 · 1.00 CNY')
    await page.getByRole('form').getByRole('button', { name: 'Pay an order with it', exact: true }).click()
    await stateOf(numbers.coupon_id, 'USED', 'Used')
    expect(served.simulator.order('OPEN-1')?.trade_state).toBe('SUCCESS')
    expect(served.simulator.order('OPEN-2')?.trade_state).toBe('NOTPAY')
    await answer('Give a coupon', numbers.businessStock, { openid: 'oShopper' })
    await page.locator('.items > li').filter({ hasText: '八折 · oShopper' }).waitFor()
    await click(`Pause: ${numbers.businessStock}`)
    await stateOf(numbers.businessStock, 'PAUSED', 'Paused')
    await expect.poll(() => button(`Give a coupon: ${numbers.businessStock}`).count()).toBe(0)
    await click(`Continue: ${numbers.businessStock}`)
    await stateOf(numbers.businessStock, 'RUNNING', 'Running')
    expect(errors).toEqual([])
  })

  test('withdrawals, applyments and changes of accounts get the results that one chooses', async () => {
    await open()
    await click('Succeeds: WITHDRAWAL1')
    await stateOf('WITHDRAWAL1', 'SUCCESS', 'Withdrawn')
    await answer('Bank returns it', 'WITHDRAWAL1', { Reason: 'closed account' })
    await stateOf('WITHDRAWAL1', 'REFUND', 'Returned by the bank')
    await item('WITHDRAWAL1').getByText('closed account').waitFor()
    await answer('Reject', 'APPLYMENT_1', { Reason: 'not clear' })
    await stateOf('APPLYMENT_1', 'APPLYMENT_STATE_REJECTED', 'Rejected')
    await item('APPLYMENT_1').getByText('id_card_copy: not clear').waitFor()
    await click('Pass the check: APPLYMENT_2')
    await click('Pass: APPLYMENT_2')
    await click('Merchant signs: APPLYMENT_2')
    await stateOf('APPLYMENT_2', 'FINISH', 'Finished')
    await expect.poll(() => item('APPLYMENT_2').getByRole('button').count()).toBe(0)
    await click(`Pass: ${numbers.application_no}`)
    await stateOf(numbers.application_no, 'AUDIT_SUCCESS', 'Passed')
    expect(errors).toEqual([])
  })

  test('an action that is asked for and left alone does nothing, and the keyboard is where it was', async () => {
    await open()
    await click('Fails: WITHDRAWAL1')
    await page.getByLabel('Reason').fill('')
    const submit = page.getByRole('form').getByRole('button', { name: 'Fails', exact: true })
    expect(await submit.isDisabled()).toBe(true)
    await page.keyboard.press('Escape')
    await page.getByRole('form').waitFor({ state: 'detached' })
    expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toBe('Fails: WITHDRAWAL1')
    expect(served.simulator.withdrawal('WITHDRAWAL1')?.status).toBe('CREATE_SUCCESS')
  })
})

test.each([
  ['English, light', 'en-US', 'light'],
  ['Chinese, dark', 'zh-CN', 'dark'],
] as const)(
  'axe objects to no record and no diagram (%s); nothing is wider than the screen',
  async (_, locale, colorScheme) => {
    served.simulator.complain({ out_trade_no: 'PAID-1' })
    for (const size of [PHONE, DESKTOP]) {
      await open({ ...size, locale, colorScheme })
      const records = await page.locator('.items > li').count()
      expect(records).toBeGreaterThanOrEqual(16)
      for (const summary of await page.locator('.items summary').all()) await summary.click()
      await expect.poll(() => page.locator('.items :is(svg, .state-list)').count()).toBe(records)
      await page
        .getByRole('button', { name: /APPLYMENT_1$/ })
        .filter({ hasText: /^(?:Reject|驳回)$/ })
        .click()
      await page.getByRole('form').waitFor()
      expect(await accessibilityViolations(page)).toEqual([])
      expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
      expect(errors).toEqual([])
      if (size === PHONE) await page.context().close()
    }
  },
)
