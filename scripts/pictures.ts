// npm run pictures [-- FOLDER]: takes the pictures of both READMEs, in each language, light and dark. Default: docs/images.
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, type Locator, type Page } from 'playwright'
import { listen } from '../src/cli/simulator/server.ts'
import { Wechatpay } from '../src/core/index.ts'
import { createSimulator, createSimulatorMount, type Simulator } from '../src/simulator/index.ts'
import { chromiumPath } from '../test/chromium.ts'
import { serveGateway, signIn } from '../test/console/gateway-page.ts'
import { json, payOrder } from '../test/gateway/test-gateway.ts'

const folder = process.argv[2] ?? 'docs/images'
/** GitHub shows a README about 850 pixels wide: a wider page would be too small to read, a narrower one cuts paths and codes. */
const SIZE = { width: 1200, height: 600 }
/** The port that README names, which stands in the picture. */
const PORT = 8989
/** Pixels below a list. */
const MARGIN = 16
/** Rows of the timeline, fewer than there are. */
const SHOWN_ROWS = 12
const LANGUAGES = [
  { locale: 'en-US', suffix: '' },
  { locale: 'zh-CN', suffix: '.zh-CN' },
] as const
const SCHEMES = [
  { colorScheme: 'light', suffix: '' },
  { colorScheme: 'dark', suffix: '-dark' },
] as const

await mkdir(folder, { recursive: true })
const browser = await chromium.launch({ executablePath: await chromiumPath(), args: ['--no-sandbox'] })
await pictureTimeline(browser)
await pictureEvents(browser)
await browser.close()
process.exit(0)

/**
 * Takes a picture in each language and each of both color schemes.
 *
 * @param show prepares the page, and returns the height of the picture
 */
async function picture(browser: Browser, name: string, url: string, show: (page: Page) => Promise<number>) {
  for (const { locale, suffix } of LANGUAGES)
    for (const { colorScheme, suffix: scheme } of SCHEMES) {
      const page = await browser.newPage({ viewport: SIZE, locale, colorScheme, timezoneId: 'Asia/Shanghai' })
      await page.goto(url)
      const height = await show(page)
      const path = join(folder, `${name}${scheme}${suffix}.png`)
      await page.screenshot({ path, clip: { x: 0, y: 0, width: SIZE.width, height } })
      await page.context().close()
    }
}

async function bottomOf(element: Locator): Promise<number> {
  const { y, height } = (await element.boundingBox())!
  return y + height
}

/** The timeline of a simulator, with a request whose signature is invalid. */
async function pictureTimeline(browser: Browser): Promise<void> {
  const simulator = await createSimulator({
    seed: 'pictures',
    deliver: async () => new Response(null, { status: 204 }),
  })
  const mount = createSimulatorMount(simulator)
  const server = await listen(mount, { host: '127.0.0.1', port: PORT })
  for (const number of [1, 2, 3, 4]) {
    const out_trade_no = `ORDER-${number}`
    const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, retry: false })
    await wxpay.v3.pay.transactions.native.post(order(simulator, out_trade_no))
    simulator.pay({ out_trade_no })
    await simulator.settled()
    if (number === 2) {
      const amount = { refund: 100, total: 100, currency: 'CNY' }
      await wxpay.v3.refund.domestic.refunds.post({ out_trade_no, out_refund_no: `REFUND-${number}`, amount })
    }
  }
  await placeReserialized(simulator)
  await picture(browser, 'simulator-timeline', `${server.url}/console/`, async page => {
    await page.locator('.row').filter({ hasText: 'SIGN_ERROR' }).click()
    await page.locator('.verdict.invalid').waitFor()
    // No pointer rests on a row of the picture.
    await page.mouse.move(SIZE.width - 1, SIZE.height - 1)
    // No row is cut in the middle.
    return bottomOf(page.locator('.row').nth(SHOWN_ROWS - 1))
  })
  await server.close()
}

/** Places an order whose body is serialized once more after it was signed. */
async function placeReserialized(simulator: Simulator): Promise<void> {
  const wxpay = new Wechatpay({
    ...simulator.merchant,
    retry: false,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const body = JSON.stringify(JSON.parse(await request.text()), null, 1)
      return simulator.fetch(new Request(request.url, { method: request.method, headers: request.headers, body }))
    },
  })
  await wxpay.v3.pay.transactions.native.post(order(simulator, 'ORDER-5')).catch(() => {})
}

function order({ merchant: { appid, mchid } }: Simulator, out_trade_no: string) {
  const notify_url = 'https://merchant.example/notify'
  return { appid, mchid, out_trade_no, description: 'QQ公仔', notify_url, amount: { total: 100 } }
}

/** The events of a gateway: payments, and refunds of some. */
async function pictureEvents(browser: Browser): Promise<void> {
  const gateway = await serveGateway()
  const { simulator, clock } = gateway
  for (const number of [1, 2, 3, 4, 5, 6]) {
    const out_trade_no = `ORDER-${number}`
    await payOrder(gateway, out_trade_no)
    clock.now += 17_000
    if (number % 3 !== 1) continue
    const out_refund_no = `REFUND-${number}`
    const amount = { refund: 100, total: 100, currency: 'CNY' }
    const refund = { out_trade_no, out_refund_no, amount, notify_url: gateway.notifyUrl }
    await gateway.call('/v3/refund/domestic/refunds', json(refund))
    simulator.refundResult(out_refund_no, 'SUCCESS')
    await simulator.settled()
    clock.now += 26_000
  }
  await picture(browser, 'gateway-events', `${gateway.url}/console/#/events`, async page => {
    await signIn(page)
    await page.getByText('ORDER-6').waitFor()
    return (await bottomOf(page.locator('.items'))) + MARGIN
  })
  await gateway.stop()
}
