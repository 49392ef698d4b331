/** The signature workbench in Chromium: one page for many tests, forgotten between them. */
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright'
import { beforeAll } from 'vitest'
import { APIV2_KEY, APIV3_KEY, http, KEYS, notificationBody, platformHeaders } from '../diagnosis/signed-messages.ts'
import { DESKTOP, launchChromium, openPage, type ServedSimulator, serveSimulator } from './console-page.ts'

export const BODY = notificationBody()
export const NOTIFICATION: string = http('POST /notify HTTP/1.1', platformHeaders(BODY), BODY)

export interface OpenWorkbench {
  readonly page: Page
  readonly errors: string[]
  readonly message: Locator
  readonly keys: Locator
  /** The key of APIv3, of APIv2, of the brand. */
  readonly secrets: Locator
  readonly result: Locator
  /** Enters a message and the keys of the merchant, and checks it for its own time. */
  check(text: string, keys?: string): Promise<void>
}

/** Starts a browser and a simulator for the tests of a file. */
export function serveWorkbench(): {
  /** Returns the page for these options with nothing entered, and opens it if there is none. */
  open(options?: BrowserContextOptions): Promise<OpenWorkbench>
  browser(): Browser
  url(): string
} {
  let browser: Browser
  let served: ServedSimulator
  const pages = new Map<BrowserContextOptions, OpenWorkbench>()
  beforeAll(async () => {
    browser = await launchChromium()
    served = await serveSimulator()
    return async () => {
      await browser.close()
      await served.close()
    }
  })
  return {
    browser: () => browser,
    url: () => served.url,
    async open(options = DESKTOP) {
      const known = pages.get(options)
      if (known) {
        await known.page.locator('.input-pane > button').click()
        known.errors.length = 0
        return known
      }
      const opened = workbenchOf(await openPage(browser, `${served.url}/console/workbench.html`, options))
      pages.set(options, opened)
      return opened
    },
  }
}

function workbenchOf({ page, errors }: { page: Page; errors: string[] }): OpenWorkbench {
  const [message, keys] = [page.locator('.text-input textarea').nth(0), page.locator('.text-input textarea').nth(1)]
  const secrets = page.locator('.secrets input[type=text]')
  return {
    page,
    errors,
    message,
    keys,
    secrets,
    result: page.locator('.result-pane'),
    async check(text, keyText = KEYS) {
      await keys.fill(keyText)
      await secrets.nth(0).fill(APIV3_KEY)
      await secrets.nth(1).fill(APIV2_KEY)
      await message.fill(text)
      await page.locator('.result-pane .what').waitFor()
      // APIv2 has no time to choose.
      const time = page.locator('.result-pane .choice select').last()
      if (await time.count()) await time.selectOption('sent')
    },
  }
}
