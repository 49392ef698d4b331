import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const run = promisify(execFile)

test('the onboarding example submits, though the answer is lost, and watches to the end', async () => {
  const { stdout } = await run(process.execPath, [join(process.cwd(), 'examples/flows/onboarding.ts')])
  expect(stdout.trimEnd().split('\n')).toEqual([
    'submitted: 1900013511_10000 - settled by query',
    'the merchant has to sign at https://pay.weixin.qq.com/',
    'state: APPLYMENT_STATE_TO_BE_SIGNED - merchant has to act',
    'state: APPLYMENT_STATE_FINISHED - done',
    'AUDITING: wechatpay, wait; then TO_BE_CONFIRMED or TO_BE_SIGNED or REJECTED',
    'TO_BE_CONFIRMED: merchant, verify-account; then TO_BE_SIGNED',
    'TO_BE_SIGNED: merchant, sign; then SIGNING or FINISHED',
    'SIGNING: wechatpay, wait; then FINISHED',
    'REJECTED: applicant, resubmit; then AUDITING',
  ])
})
