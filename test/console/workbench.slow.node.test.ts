/**
 * All uses of the signature workbench in Chromium, in both languages, on a phone and a desktop. Messages and keys are
 * made by node:crypto.
 */
import { constants, createHash, privateDecrypt, publicEncrypt } from 'node:crypto'
import type { BrowserContextOptions, Locator } from 'playwright'
import { describe, expect, test } from 'vitest'
import {
  APIV2_KEY,
  APIV3_KEY,
  authorization,
  CERTIFICATE,
  http,
  KEYS,
  ORDER,
  URL as ORDER_URL,
  PLATFORM_PUBLIC_KEY,
  PRIVATE_KEY,
  PUBLIC_KEY_ID,
  platformHeaders,
  SERIAL,
  signV2,
  TIME,
  xml,
} from '../diagnosis/signed-messages.ts'
import { EC_PRIVATE_KEY } from '../fixtures/keys.ts'
import { accessibilityViolations, DESKTOP, openPage, PHONE } from './console-page.ts'
import { BODY, NOTIFICATION, serveWorkbench } from './workbench-page.ts'

const workbench = serveWorkbench()
const CHINESE: BrowserContextOptions = { ...DESKTOP, locale: 'zh-CN' }

describe('a message', () => {
  test('that was serialized again fails, says so, and is checked again when it is corrected', async () => {
    const { check, result, message } = await workbench.open()
    await check(NOTIFICATION.replace(BODY, JSON.stringify(JSON.parse(BODY), undefined, 2)))
    await result.getByText('it was parsed and serialized again').waitFor()
    await result.getByText('1 step fails.').waitFor()
    await message.fill(NOTIFICATION)
    await result.getByText('Every step holds.').waitFor()
  })

  test('that is old is stale now, and valid for its own time', async () => {
    const { check, result } = await workbench.open()
    await check(NOTIFICATION)
    await result.getByText('Every step holds.').waitFor()
    await result.getByLabel('Check the time for').selectOption('now')
    await result.getByText('more than 5 minutes').waitFor()
  })

  test('of APIv2 names its mistake, in Chinese too, and never the key', async () => {
    const fields = { appid: 'wx1', body: '茶', mch_id: '1900000109', nonce_str: 'n' }
    const sign = createHash('md5').update('appid=wx1&body=茶&mch_id=1900000109&nonce_str=n').digest('hex').toUpperCase()
    const { check, result, page } = await workbench.open(CHINESE)
    // Without a time there is nothing to choose.
    await check(xml({ ...fields, sign }))
    await result.getByText('缺少密钥').waitFor()
    expect(await result.innerText()).not.toContain(APIV2_KEY)
    await page
      .locator('textarea')
      .nth(0)
      .fill(xml({ ...fields, sign: signV2(fields) }))
    await result.getByText('每一步都通过。').waitFor()
  })

  test('of a brand is verified by the scheme of the brand', async () => {
    const { check, result } = await workbench.open()
    const url = '/brand/card-member/x'
    const choices = { scheme: 'WECHATPAY-BRAND-SHA256-RSA2048', id: 'brand_id="40000"' }
    await check(http(`GET ${url} HTTP/1.1`, { Authorization: authorization('GET', url, '', choices) }, ''))
    await result.getByText('Brand API: request').waitFor()
    await result.getByText('Every step holds.').waitFor()
  })

  test('of a HAR is chosen from a list, and checked for the time in the HAR', async () => {
    const { keys, message, result } = await workbench.open()
    const headers = Object.entries(platformHeaders(BODY)).map(([name, value]) => ({ name, value }))
    const entry = {
      startedDateTime: new Date((TIME + 600) * 1000).toISOString(),
      request: {
        method: 'POST',
        url: `https://api.mch.weixin.qq.com${ORDER_URL}`,
        headers: [{ name: 'Authorization', value: authorization('POST', ORDER_URL, ORDER) }],
        postData: { text: ORDER },
      },
      response: { status: 200, headers, content: { text: BODY } },
    }
    await keys.fill(KEYS)
    await message.fill(JSON.stringify({ log: { entries: [entry] } }))
    // Signed ten minutes before it was sent: the clock of the merchant is wrong.
    await result.getByText('10 min ago').waitFor()
    await result.getByLabel('Message of the HAR').selectOption({ index: 1 })
    await result.getByText('APIv3: notification').waitFor()
  })
})

describe('the page', () => {
  test('forgets everything at the push of a button', async () => {
    const { page, check, result, message, keys } = await workbench.open()
    await check(NOTIFICATION)
    await result.getByText('Every step holds.').waitFor()
    await page.getByRole('button', { name: 'Forget everything' }).click()
    await result.getByText('Paste a message').waitFor()
    expect([await message.inputValue(), await keys.inputValue()]).toEqual(['', ''])
    expect(await page.content()).not.toContain('Given keys')
  })

  test('masks keys, and keeps them from spell checkers and password managers', async () => {
    const { page, secrets } = await workbench.open()
    const secret = secrets.first()
    const masking = () =>
      secret.evaluate(element => getComputedStyle(element).getPropertyValue('-webkit-text-security'))
    expect(await masking()).toBe('disc')
    await page.getByLabel('Show the keys').check()
    expect(await masking()).toBe('none')
    const fields = await page.locator('textarea, .secrets input[type=text]').all()
    for (const field of fields)
      expect([await field.getAttribute('autocomplete'), await field.getAttribute('spellcheck')]).toEqual([
        'off',
        'false',
      ])
  })

  test('is reached from the console, and fits a phone', async () => {
    const { page, errors } = await openPage(workbench.browser(), `${workbench.url()}/console/`, PHONE)
    await page.getByRole('link', { name: '签名' }).click()
    await page.getByRole('heading', { name: '签名工作台' }).waitFor()
    await page.locator('textarea').nth(1).fill(KEYS)
    await page.locator('textarea').nth(0).fill(NOTIFICATION)
    await page.locator('.steps li').first().waitFor()
    const verdict = page.getByRole('link', { name: '签名有效' })
    const { y, height } = (await verdict.boundingBox())!
    expect(y + height).toBeLessThanOrEqual(PHONE.viewport!.height)
    expect(await page.getByRole('link', { name: '接口' }).getAttribute('href')).toBe('./#/explorer')
    const boxes = await Promise.all(['.bar select', '.bar button'].map(each => page.locator(each).boundingBox()))
    expect(Math.abs(boxes[0]!.y - boxes[1]!.y)).toBeLessThan(10)
    await verdict.click()
    await expect.poll(async () => (await page.locator('.result-pane').boundingBox())!.y).toBeLessThan(200)
    expect(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth)).toBe(true)
    expect(errors).toEqual([])
    await page.context().close()
  })

  test('is used by keyboard alone', async () => {
    const { page, result, message } = await workbench.open()
    await message.focus()
    await page.keyboard.insertText(NOTIFICATION)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.insertText(KEYS)
    await page.keyboard.press('Tab')
    await page.keyboard.insertText(APIV3_KEY)
    await result.getByText('"transaction_id": "4200001"').waitFor()
  })
})

describe('bad input', () => {
  /** Pastes as a person does, with what the clipboard holds. */
  const paste = (field: Locator, make: string): Promise<void> =>
    field.evaluate((element, script) => {
      const clipboardData = new DataTransfer()
      if (script === 'picture') clipboardData.items.add(new File(['x'], 'a.png', { type: 'image/png' }))
      else if (script === 'binary') clipboardData.items.add(new File(['\0\x01'], 'a.p12'))
      else clipboardData.setData('text/plain', 'a'.repeat(Number(script)))
      element.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true, bubbles: true }))
    }, make)

  test('of 20 MB, of a picture or of a file that is not text gets a clear word, and leaves the page as it was', async () => {
    const { page, message, result, errors } = await workbench.open()
    await message.fill(NOTIFICATION)
    await paste(message, '20000000')
    await page.getByText('It has 20 MB, and at most 1 MB can be checked.').waitFor()
    await paste(message, 'picture')
    await page.getByText('This is a picture.').waitFor()
    await paste(message, 'binary')
    await page.getByText('This file is not text.').waitFor()
    expect(await message.inputValue()).toContain('Wechatpay-Nonce')
    await result.getByText('APIv3: notification').waitFor()
    expect(errors).toEqual([])
  })

  test('of the largest size that is read leaves the page responsive', async () => {
    const { page, check, result, errors } = await workbench.open({ ...DESKTOP })
    const body = JSON.stringify({ id: 'x'.repeat(900_000) })
    await check(http('HTTP/1.1 200 OK', platformHeaders(body), body))
    await result.getByText('Every step holds.').waitFor()
    await result.getByText('The first 50000 of').waitFor()
    await page.getByRole('button', { name: '中文' }).click()
    await result.getByText('每一步都通过。').waitFor()
    expect(errors).toEqual([])
  })

  test.each([
    ['plain text', 'hello', 'This is no message.'],
    ['JSON that is cut', '{"a":', 'It is not valid JSON, or is cut short.'],
    ['a curl command that is cut', "curl 'https://x", 'A quote of the curl command is not closed.'],
    ['a HAR without calls', '{"log":{"entries":[]}}', 'None of the 0 entries of the HAR concerns WeChat Pay.'],
    ['XML that is cut', '<xml><a>', 'It is not complete XML'],
    ['JSON nested without end', `{"resource":${'['.repeat(100_000)}`, 'It is not valid JSON'],
    ['JSON nested 100,000 levels', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'or it is nested too deeply'],
    [
      'JSON nested 100,000 levels, with headers',
      `Wechatpay-Nonce: 1\n\n{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'or it is nested too deeply',
    ],
  ])('that is %s gets a clear word', async (_, text, word) => {
    const { message, result, errors } = await workbench.open()
    await message.fill(text)
    await result.getByText(word).waitFor()
    expect(errors).toEqual([])
  })

  test('of keys of the wrong kind says which and what to do', async () => {
    const { page, keys, secrets } = await workbench.open()
    await keys.fill(`${EC_PRIVATE_KEY}\n${CERTIFICATE}`)
    await page.getByText('PEM block 1: It is not a complete PEM of an RSA key.').waitFor()
    await keys.fill('./apiclient_key.pem')
    await page.getByText('There is no key in this text.').waitFor()
    await secrets.first().fill('short')
    await page.getByText('has 32 bytes, not 5.').waitFor()
  })
})

describe('one field', () => {
  test('is encrypted so that node:crypto decrypts it, and decrypted as node:crypto encrypted it', async () => {
    const { page, keys } = await workbench.open()
    await keys.fill(`${CERTIFICATE}\n${PRIVATE_KEY}`)
    await page.getByText('One field').click()
    await page.getByLabel('Text to encrypt').fill('张三')
    const output = page.getByLabel('Encrypted, base64')
    await output.waitFor()
    const padding = constants.RSA_PKCS1_OAEP_PADDING
    const encrypted = Buffer.from(await output.inputValue(), 'base64')
    expect(privateDecrypt({ key: PRIVATE_KEY, padding }, encrypted).toString()).toBe('张三')
    await page.getByText(`Name this key in Wechatpay-Serial: ${SERIAL}`).waitFor()
    await page.getByLabel('Text to encrypt').fill('a'.repeat(215))
    await page.getByText('The text has 215 bytes, and the key encrypts at most 214.').waitFor()
    await page
      .getByLabel('Base64 to decrypt')
      .fill(publicEncrypt({ key: CERTIFICATE, padding }, Buffer.from('李四')).toString('base64'))
    await expect.poll(() => page.getByLabel('Decrypted', { exact: true }).inputValue()).toBe('李四')
    await page.getByLabel('Base64 to decrypt').fill('AAAA')
    await page.getByText('No given private key decrypts it.').waitFor()
  })

  test('is encrypted for WeChat Pay before the merchant', async () => {
    const { page, keys } = await workbench.open()
    await keys.fill(`${CERTIFICATE}\n${PRIVATE_KEY}\n${PUBLIC_KEY_ID}\n${PLATFORM_PUBLIC_KEY}`)
    await page.getByText('One field').click()
    await page.getByLabel('Text to encrypt').fill('x')
    await page.getByText(`Name this key in Wechatpay-Serial: ${PUBLIC_KEY_ID}`).waitFor()
  })
})

test('keys of a .env are listed without their values', async () => {
  const { page, keys } = await workbench.open()
  await keys.fill(`WECHATPAY_APIV3_KEY="${APIV3_KEY}"\nWECHATPAY_APIV2_KEY=${APIV2_KEY}`)
  await page.getByText('Given keys: 2').waitFor()
  const list = await page.locator('.given-keys').innerText()
  expect(list).toMatch(/APIv3 key[\s\S]*32[\s\S]*APIv2 key[\s\S]*32/)
  expect(list).not.toMatch(new RegExp(`${APIV3_KEY}|${APIV2_KEY}`))
})

test('a certificate shows its facts, and a private key nothing but its certificate', async () => {
  const { page, keys } = await workbench.open()
  await keys.fill(`${CERTIFICATE}\n${PRIVATE_KEY}`)
  const [certificate, privateKey] = [page.locator('.given-keys li').nth(0), page.locator('.given-keys li').nth(1)]
  for (const fact of [SERIAL, 'CN=1900000109', '2026-11-21', '2048'])
    await certificate.getByText(fact).first().waitFor()
  expect(await privateKey.innerText()).toContain(SERIAL)
  expect(await page.locator('.given-keys').innerText()).not.toContain(PRIVATE_KEY.split('\n')[1])
})

const SIZES = { phone: PHONE, desktop: DESKTOP }
const WRONG = authorization('POST', ORDER_URL, ORDER, { textOf: (...lines) => lines.join('\n') })
const REQUEST = http(`POST ${ORDER_URL} HTTP/1.1`, { Authorization: WRONG }, ORDER)

test.each(
  Object.keys(SIZES).flatMap(size =>
    ['en-US', 'zh-CN'].flatMap(locale => ['light', 'dark'].map(colorScheme => [size, locale, colorScheme] as const)),
  ),
)('axe objects to nothing on a %s, in %s, %s; nothing is wider than the screen', async (size, locale, colorScheme) => {
  const options = { ...SIZES[size as keyof typeof SIZES], locale, colorScheme: colorScheme as 'light' | 'dark' }
  const { page, errors } = await openPage(workbench.browser(), `${workbench.url()}/console/workbench.html`, options)
  const isTooWide = () => page.evaluate(() => document.documentElement.scrollWidth > innerWidth)
  expect(await accessibilityViolations(page)).toEqual([])
  await page.locator('textarea').nth(1).fill(`${KEYS}\n-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----`)
  await page.locator('textarea').nth(0).fill(REQUEST)
  await page.locator('.steps .invalid').first().waitFor()
  await page.locator('.problems .problem').waitFor()
  await page.locator('.field-tools > summary').click()
  await page.locator('.field-tool input').first().fill('x')
  await page.locator('.field-tool textarea').first().waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
  expect(await isTooWide()).toBe(false)
  expect(errors).toEqual([])
  await page.context().close()
})
