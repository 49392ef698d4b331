/** The signature workbench in Chromium. Messages and keys are made by node:crypto. */
import { describe, expect, test } from 'vitest'
import {
  authorization,
  encryptGcm,
  http,
  ORDER,
  URL as ORDER_URL,
  platformHeaders,
  xml,
} from '../diagnosis/signed-messages.ts'
import { NOTIFICATION, serveWorkbench } from './workbench-page.ts'

const workbench = serveWorkbench()

describe('a message', () => {
  test('that is genuine passes every step and is decrypted', async () => {
    const { check, result, errors } = await workbench.open()
    await check(NOTIFICATION)
    await result.getByText('Every step holds.').waitFor()
    await result.getByText('APIv3: notification').waitFor()
    await result.getByText('"transaction_id": "4200001"').waitFor()
    expect(await result.locator('.steps li').allInnerTexts()).toHaveLength(4)
    expect(errors).toEqual([])
  })

  test('that is a request in a curl command shows the text that was signed instead', async () => {
    const { check, result } = await workbench.open()
    const sent = JSON.stringify(JSON.parse(ORDER), undefined, 1)
    await check(
      `curl 'https://api.mch.weixin.qq.com${ORDER_URL}' -H 'Authorization: ${authorization('POST', ORDER_URL, ORDER)}' --data-raw '${sent}'`,
    )
    await result.getByText('the body was serialized differently for the signature').waitFor()
    const [expected, signed] = await result.locator('mark').allInnerTexts()
    expect([expected, signed].map(text => text!.includes('"description": "茶"'))).toEqual([true, false])
  })
})

test.each([
  ['en-US', 'This is no message of WeChat Pay.', 'It is no call to WeChat Pay'],
  ['zh-CN', '这不是微信支付的报文。', '既不是调用微信支付的请求'],
])('a request to somebody else is said to be no message of WeChat Pay (%s)', async (locale, what, why) => {
  const { check, result } = await workbench.open({ locale })
  await check('curl https://example.com')
  await result.getByText(what, { exact: true }).waitFor()
  await result.getByText(why).waitFor()
  expect(await result.getByText('APIv3').count()).toBe(0)
})

describe('the page', () => {
  test('can connect to nothing, stores nothing, and forgets everything when it is left', async () => {
    const { page, check, result, message, keys, errors, secrets } = await workbench.open()
    const requests: string[] = []
    page.on('request', request => requests.push(request.url()))
    const { url: before, length } = await page.evaluate(() => ({ url: location.href, length: history.length }))
    await check(NOTIFICATION)
    await result.getByText('Every step holds.').waitFor()
    expect(requests).toEqual([])
    expect(
      await page.evaluate(async () => ({
        url: location.href,
        length: history.length,
        state: history.state,
        local: { ...localStorage },
        session: { ...sessionStorage },
        cookie: document.cookie,
        databases: await indexedDB.databases(),
        caches: await caches.keys(),
      })),
    ).toEqual({ url: before, length, state: null, local: {}, session: {}, cookie: '', databases: [], caches: [] })
    expect(errors).toEqual([])
    // Not even a script in the page could send a key away.
    const refused = page.waitForEvent('console', log => /Content Security Policy/.test(log.text()))
    expect(
      await page.evaluate(() =>
        fetch('/simulator').then(
          () => 'sent',
          () => 'refused',
        ),
      ),
    ).toBe('refused')
    await refused
    await page.getByRole('link', { name: 'Console' }).click()
    await page.goBack()
    await page.getByText('Paste a message').waitFor()
    expect([await message.inputValue(), await keys.inputValue()]).toEqual(['', ''])
    expect(await secrets.first().inputValue()).toBe('')
  })
})

describe('hostile text', () => {
  const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>'

  test('is shown as text, wherever it stands', async () => {
    const { page, check, result, errors, message } = await workbench.open()
    const body = JSON.stringify({
      id: HOSTILE,
      event_type: HOSTILE,
      resource: encryptGcm(JSON.stringify({ [HOSTILE]: HOSTILE })),
    })
    await check(http('POST /notify HTTP/1.1', platformHeaders(body), body))
    await result.getByText(HOSTILE).first().waitFor()
    const texts = [
      http(
        'POST /notify HTTP/1.1',
        platformHeaders(body, { 'Wechatpay-Timestamp': HOSTILE, 'Wechatpay-Serial': HOSTILE }),
        body,
      ),
      http(
        `GET /v3/${HOSTILE.replaceAll(' ', '%20')} HTTP/1.1`,
        { Authorization: `${HOSTILE} mchid="${HOSTILE}"` },
        '',
      ),
      xml({ return_code: 'FAIL', return_msg: HOSTILE }),
      `curl https://x/v3 -d '@${HOSTILE}'`,
    ]
    for (const text of texts) {
      await message.fill(text)
      await expect.poll(() => result.innerText()).toContain('<img')
    }
    expect(await page.locator('img, main script').count()).toBe(0)
    expect(errors).toEqual([])
  })
})
