/** The console in both languages, on a phone and a desktop, in light and dark colours; and full. */
import { gzipSync } from 'node:zlib'
import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { CONSOLE_FILES } from '../../src/console-files/generated/console-files.ts'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from './console-page.ts'

let browser: Browser
let served: ServedSimulator

beforeAll(async () => {
  browser = await launchChromium()
  served = await serveSimulator()
  await served.place('A-0001')
  served.simulator.pay({ out_trade_no: 'A-0001' })
  await served.simulator.settled()
  await served.placeTampered('A-0002')
})
afterAll(async () => {
  await browser.close()
  await served.close()
})

const SIZES = { phone: PHONE, desktop: DESKTOP }

test.each(
  Object.keys(SIZES).flatMap(size =>
    ['en-US', 'zh-CN'].flatMap(locale => ['light', 'dark'].map(colorScheme => [size, locale, colorScheme] as const)),
  ),
)('axe objects to nothing on a %s, in %s, %s; nothing is wider than the screen', async (size, locale, colorScheme) => {
  const options = { ...SIZES[size as keyof typeof SIZES], locale, colorScheme: colorScheme as 'light' | 'dark' }
  const { page, errors } = await openPage(browser, `${served.url}/console/`, options)
  const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  await page.locator('.row').first().waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  expect(await isTooWide()).toBe(false)
  const count = await page.locator('.row').count()
  for (let at = 0; at < count; at++) {
    await page.locator('.row').nth(at).click()
    await page.locator('.detail .block').first().waitFor()
    for (const summary of await page.locator('.detail summary').all()) await summary.click()
    expect(await accessibilityViolations(page)).toEqual([])
    expect(await isTooWide()).toBe(false)
    await page.locator('.close').click()
  }
  expect(errors).toEqual([])
  await page.context().close()
})

const NARROW = { ...PHONE, viewport: { width: 375, height: 667 } }

test.each(['en-US', 'zh-CN'])(
  'a phone has the navigation in one row, with the current page in view (%s)',
  async locale => {
    const { page, errors } = await openPage(browser, `${served.url}/console/#/controls`, { ...NARROW, locale })
    const links = page.locator('nav a')
    const isInView = (at: number) =>
      links.nth(at).evaluate(link => {
        const { left, right, height } = link.getBoundingClientRect()
        const row = link.parentElement!.getBoundingClientRect()
        return left >= 0 && right <= innerWidth && row.height < 2 * height
      })
    await page.locator('nav [aria-current]').waitFor()
    const names = await links.allTextContents()
    const current = () => page.locator('nav [aria-current]').textContent()
    await expect.poll(async () => isInView(names.indexOf((await current())!))).toBe(true)
    // A link that the keyboard reaches comes into view.
    await links.first().focus()
    for (const at of names.keys()) {
      await expect.poll(() => isInView(at)).toBe(true)
      await page.keyboard.press('Tab')
    }
    const explorer = names.length - 2
    await links.nth(explorer).focus()
    await page.keyboard.press('Enter')
    await expect.poll(current).toBe(names[explorer])
    await expect.poll(() => isInView(explorer)).toBe(true)
    await page.locator('main').first().waitFor()
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    expect(await accessibilityViolations(page)).toEqual([])
    expect(errors).toEqual([])
    await page.context().close()
  },
)

test('a phone shows the choice of colours uncut', async () => {
  const { page } = await openPage(browser, `${served.url}/console/`, { ...PHONE, locale: 'en-US' })
  await page.locator('.row').first().waitFor()
  const cut = await page.getByLabel('Colours').evaluate(select => {
    const width = select.getBoundingClientRect().width
    Object.assign((select as HTMLElement).style, { width: 'max-content', maxWidth: 'none' })
    return select.getBoundingClientRect().width - width
  })
  expect(cut).toBeLessThan(1)
  await page.context().close()
})

test('all colours can be chosen', async () => {
  const { page } = await openPage(browser, `${served.url}/console/`)
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
  await page.getByLabel('Colours').selectOption('dark')
  const dark = await background()
  await page.getByLabel('Colours').selectOption('light')
  expect(await background()).not.toBe(dark)
  await page.reload()
  expect(await background()).not.toBe(dark)
  await page.context().close()
})

test('of 10,000 entries only those in view are rendered; new ones move nothing that somebody reads', async () => {
  const full = await serveSimulator()
  for (let at = 0; at < 10_000; at++) full.simulator.fund(1)
  const { page } = await openPage(browser, `${full.url}/console/`)
  await page.getByText('10000 entries').waitFor()
  expect(await page.locator('.row').count()).toBeLessThan(60)
  const list = page.getByRole('listbox')
  await list.evaluate(element => {
    element.scrollTop = 100_000
  })
  const topRow = () =>
    list.evaluate(element => {
      const { left, top } = element.getBoundingClientRect()
      return document.elementFromPoint(left + 20, top + 10)?.closest('.row')?.id
    })
  await expect.poll(topRow).toMatch(/row-/)
  const before = await topRow()
  for (let at = 0; at < 5; at++) full.simulator.fund(1)
  await expect.poll(() => list.locator('.row').first().getAttribute('aria-setsize')).toBe('10005')
  expect(await topRow()).toBe(before)
  await list.focus()
  await page.keyboard.press('End')
  await expect.poll(() => page.locator('[aria-selected=true]').getAttribute('aria-posinset')).toBe('10005')
  await page.context().close()
  await full.close()
})

/** Returns the names of the files that a script loads before it runs. */
function importsOf(name: string): string[] {
  const imported = [...CONSOLE_FILES[name]!.text.matchAll(/(?:from|import)"\.\/([\w-]+\.js)"/g)].map(
    ([, file]) => file!,
  )
  return [...new Set([name, ...imported.flatMap(importsOf)])]
}

test.each([
  ['index.html', 'main.js', 'style.css'],
  ['workbench.html', 'workbench.js', 'workbench.css', 'style.css'],
])('the first load of %s has at most 150 KB, gzipped', (page, script, ...styles) => {
  const scripts = importsOf(script!)
  expect(scripts.length).toBeGreaterThan(1)
  const sizes = [page!, ...styles, ...scripts].map(name => gzipSync(CONSOLE_FILES[name]!.text).length)
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(150_000)
})
