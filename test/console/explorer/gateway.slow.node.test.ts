/** Calls that are tried through the gateway which serves the console. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { listen } from '../../../src/cli/simulator/server.ts'
import { createAuthenticate } from '../../../src/gateway/caller/authenticate.ts'
import { hashOf } from '../../../src/gateway/caller/token.ts'
import { readConsoleFile } from '../../../src/gateway/index.ts'
import { CALLER, createTestGateway, type TestGateway } from '../../gateway/test-gateway.ts'
import { accessibilityViolations, launchChromium, openPage } from '../console-page.ts'

const TOKEN = 'explorer-test-token-0123456789abcdef'

let browser: Browser
let gateway: TestGateway
let served: { url: string; close(): Promise<void> }
let page: Page
let errors: string[]

beforeAll(async () => {
  const callers = [{ ...CALLER, credential: { tokens: [await hashOf(TOKEN)] }, allow: ['* /v3/pay/**'] }]
  gateway = await createTestGateway({ callers, authenticate: createAuthenticate(callers), console: readConsoleFile })
  served = await listen(request => gateway.gateway.fetch(request), { host: '127.0.0.1', port: 0 })
  browser = await launchChromium()
})
afterAll(async () => {
  await browser.close()
  await served.close()
})
afterEach(() => page.context().close())

const field = (id: string) => page.locator(`[id="${id}"]`)
const send = () => page.getByRole('button', { name: 'Send', exact: true }).click()

async function openOrder(token: string): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/#/v3/pay/transactions/native`))
  const { mchid, appid } = gateway.simulator.merchant
  await field('body-mchid').fill(mchid)
  await field('body-appid').fill(appid)
  await page.getByLabel('Token of a caller').fill(token)
}

test('a call with the token of a caller is signed and verified by the gateway', async () => {
  await openOrder(TOKEN)
  await field('body-out_trade_no').fill('THROUGHGATEWAY1')
  await send()
  await page.getByText('The gateway has verified the response with').waitFor()
  expect(await page.getByRole('region', { name: 'Data, verified and decrypted' }).locator('pre').innerText()).toContain(
    'weixin://',
  )
  expect(gateway.simulator.order('THROUGHGATEWAY1')).toBeDefined()
  expect(await accessibilityViolations(page)).toEqual([])
  expect(errors).toEqual([])
})

test('the token is neither stored nor part of the address', async () => {
  await openOrder(TOKEN)
  await send()
  await page.getByText('The gateway has verified the response with').waitFor()
  const stored = await page.evaluate(() =>
    JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href, history.state]),
  )
  expect(stored).not.toContain(TOKEN)
  await page.reload()
  expect(await page.getByLabel('Token of a caller').inputValue()).toBe('')
})

test.each(['wrong-token-0123456789', ''])('the token %j is refused, with what to do', async token => {
  await openOrder(token)
  await send()
  await page.getByText('UNAUTHENTICATED').first().waitFor()
  await page.getByText('The gateway does not accept the token').waitFor()
})

test('a caller that may not call an endpoint is told so', async () => {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/#/v3/certificates`))
  await page.getByLabel('Token of a caller').fill(TOKEN)
  await send()
  await page.getByText('The gateway does not allow this caller').waitFor()
})

test('a path at which no gateway is says so', async () => {
  await openOrder(TOKEN)
  await page.getByLabel('Base URL').fill('/elsewhere')
  await send()
  await page.locator('.verdict.invalid').waitFor()
  expect(await page.locator('.verdict.invalid').innerText()).toContain('NOT_FOUND')
})

test('a gateway that goes away is named, and the page goes on', async () => {
  await openOrder(TOKEN)
  await page.route('**/v3/**', route => route.abort('connectionrefused'))
  await send()
  await page.getByText('No server responds at this URL').waitFor()
  await page.getByText('No response arrived.').waitFor()
  await page.unroute('**/v3/**')
  await send()
  await page.getByText('The gateway has verified the response with').waitFor()
})
