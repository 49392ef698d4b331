/** The views of the gateway: what an operator does in a day. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { killDelivery, payOrder } from '../gateway/test-gateway.ts'
import { accessibilityViolations, DESKTOP, launchChromium, openPage } from './console-page.ts'
import { type ServedGateway, serveGateway, signIn, TOKEN } from './gateway-page.ts'

let browser: Browser
let one: ServedGateway
let page: Page
let errors: string[]
beforeAll(async () => {
  ;[browser, one] = await Promise.all([launchChromium(), serveGateway()])
})
afterAll(async () => {
  await browser.close()
  await one.stop()
})
beforeEach(() => () => page.context().close())

/** The browser writes each refused request to its console. */
const unexpected = (): string[] => errors.filter(text => !/status of (401|404)/.test(text))
async function open(view: string): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${one.url}/console/#/${view}`))
  await signIn(page)
  await page.getByText('Signed in as admin').waitFor()
}
const item = (text: string) => page.locator('.items > li').filter({ hasText: text })
const button = (name: string) => page.getByRole('button', { name })

test('nothing is shown before somebody has signed in, and the token is nowhere afterwards', async () => {
  await payOrder(one, 'G-00001')
  ;({ page, errors } = await openPage(browser, `${one.url}/console/#/events`))
  await page.getByRole('dialog').getByText('GATEWAY_ADMIN_TOKEN').waitFor()
  expect(await page.getByText('TRANSACTION.SUCCESS').count()).toBe(0)
  expect(await accessibilityViolations(page)).toEqual([])
  await signIn(page, 'wxe_wrong')
  await page.getByRole('alert').getByText('The token is unknown.').waitFor()
  await signIn(page)
  await item('G-00001').waitFor()
  // The clock of this gateway stands since the start of the file.
  await page.getByText(/\b5\d minutes left/).waitFor()
  const kept = await page.evaluate(() =>
    JSON.stringify([document.documentElement.outerHTML, { ...localStorage }, { ...sessionStorage }, document.cookie]),
  )
  expect(kept).not.toContain(TOKEN)
  expect(kept).not.toContain('wechatpay-edge-session')
  await page.reload()
  await item('G-00001').waitFor()
  await button('Sign out').click()
  await page.getByRole('dialog').waitFor()
  expect(unexpected()).toEqual([])
})

test('a refusal is said in the language of the page', async () => {
  ;({ page, errors } = await openPage(browser, `${one.url}/console/#/events`, { ...DESKTOP, locale: 'zh-CN' }))
  await page.getByRole('dialog').getByText('GATEWAY_ADMIN_TOKEN').waitFor()
  await signIn(page, 'wxe_wrong')
  await page.getByRole('alert').getByText('令牌不正确').waitFor()
})

describe('events', () => {
  test('appear as they arrive, are found by any number, and show what was sent', async () => {
    await open('events')
    await page.getByText('Live', { exact: true }).waitFor()
    await payOrder(one, 'G-00002')
    await item('G-00002').waitFor()
    const { transaction_id } = one.simulator.order('G-00002')!
    await page.getByRole('searchbox').fill(`  ${transaction_id} `)
    await page.keyboard.press('Enter')
    await item('G-00002').waitFor()
    await expect.poll(() => item('G-').count()).toBe(1)
    await page.getByRole('link', { name: 'TRANSACTION.SUCCESS' }).click()
    await page.getByText('The text that endpoints are sent').click()
    await page.locator('pre').getByText('"trade_state": "SUCCESS"').waitFor()
    await page.getByRole('cell', { name: 'G-00002' }).waitFor()
    await page.getByRole('link', { name: 'Close' }).click()
    await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe(transaction_id)
    await page.getByRole('searchbox').fill('nothing')
    await button('Search').click()
    await page.getByText('No event has the number nothing.').waitFor()
    expect(unexpected()).toEqual([])
  })
})

describe('deliveries', () => {
  test('that were given up are delivered again once the question is answered, and who did it is recorded', async () => {
    await payOrder(one, 'G-00003')
    const job = one.jobs.splice(0).at(-1)!
    await killDelivery(one, job)
    await open('deliveries')
    await page.getByLabel('State').selectOption('dead')
    await item('Given up').waitFor()
    await button('Retry this delivery: shop').click()
    await page.getByText('Send the event to this endpoint again, with the same webhook-id?').waitFor()
    await page.keyboard.press('Enter')
    await button('Retry this delivery: shop').click()
    expect(one.jobs).toEqual([])
    await button('Yes').click()
    await page.getByText('1 delivery is on its way.').waitFor()
    await expect.poll(() => item('Given up').count()).toBe(0)
    expect(one.jobs).toMatchObject([{ delivery: job.delivery }])
    await one.drain()
    await page.getByRole('link', { name: 'Audit trail' }).click()
    const done = item(`POST /admin/merchants/${one.mchid}/deliveries/${job.delivery}/replay`)
    await done.getByText('202', { exact: true }).waitFor()
    await done.getByText(/^session [\w-]{8}$/).waitFor()
    expect(unexpected()).toEqual([])
  })
})

test('the end of a session loses nothing: what was typed stays, and the page goes on after the next sign-in', async () => {
  await open('events')
  await page.getByRole('searchbox').fill('half a numb')
  one.clock.now += 3_600_001
  await payOrder(one, 'G-00004')
  await page.getByRole('dialog').getByText('The session has ended.').waitFor()
  await signIn(page)
  await item('G-00004').waitFor()
  expect(await page.getByRole('searchbox').inputValue()).toBe('half a numb')
  expect(unexpected()).toEqual([])
})
