import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'

const run = promisify(execFile)

test.each([
  ['in the clone', join(process.cwd(), 'examples'), process.cwd()],
  ['in a project that installed the package', inject('scratch'), inject('scratch')],
])('%s, the example of starting a payment hands each client its own names', async (_, folder, cwd) => {
  const { stdout, stderr } = await run(process.execPath, [join(folder, 'flows/start-payment.ts')], { cwd })
  expect(stderr.replace(/^.*ExperimentalWarning.*\n.*\n/, '')).toBe('')
  expect(stdout.trim().split('\n')).toEqual([
    'JSAPI: appId timeStamp nonceStr package signType paySign',
    'mini program: timeStamp nonceStr package signType paySign',
    'App: appid partnerid prepayid package noncestr timestamp sign',
    expect.stringMatching(/^H5: https:\/\/.*&redirect_url=https%3A%2F%2Fexample\.com%2Forders%2Ftea00004$/),
    expect.stringMatching(/^Native: weixin:\/\//),
    'JSAPI of APIv2, signed with HMAC-SHA256',
    'refused: prepay_id: give the prepay_id of the response to placing the order.',
  ])
})
