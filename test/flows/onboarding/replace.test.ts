import { beforeEach, describe, expect, it } from 'vitest'
import { CallError, ServiceError, Wechatpay } from '../../../src/core/index.ts'
import {
  cancelApplyment,
  queryApplyment,
  replaceApplyment,
  submitApplyment,
  watchApplyment,
} from '../../../src/flows/onboarding/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { apply4subject } from './bodies.ts'

let simulator: Simulator
let wxpay: Wechatpay
beforeEach(async () => {
  simulator = await createSimulator({ seed: 'replace' })
  wxpay = new Wechatpay({ ...simulator.merchant, retry: false, fetch: simulator.fetch })
})

const REJECTED = { applyment_state: 'APPLYMENT_STATE_REJECTED', reject_param: 'merchant_name' } as const
const stateOf = async (number: string) => (await queryApplyment(wxpay, 'apply4subject', number)).applyment_state
const calls = () => simulator.journal.map(({ method, path, status }) => `${method} ${path} ${status}`)
const uploads = (line: string) => !line.includes('/media/')

describe('商户开户意愿确认 after a rejection', () => {
  it('is canceled, submitted under a new number, and goes on to its end', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    simulator.auditApplyment('a_1', REJECTED)
    const seen: string[] = []
    for await (const { stage, applyment } of watchApplyment(wxpay, 'apply4subject', 'a_1')) {
      seen.push(`${stage.by} ${stage.action} ${applyment.reject_param}`)
      if (stage.action === 'replace') await replaceApplyment(wxpay, 'a_1', apply4subject('a_2'))
    }
    expect(seen).toEqual(['applicant replace merchant_name'])
    expect([await stateOf('a_1'), await stateOf('a_2')]).toEqual([
      'APPLYMENT_STATE_CANCELED',
      'APPLYMENT_STATE_WAITTING_FOR_AUDIT',
    ])
    simulator.auditApplyment('a_2', { applyment_state: 'APPLYMENT_STATE_PASSED' })
    for await (const { stage } of watchApplyment(wxpay, 'apply4subject', 'a_2')) seen.push(String(stage.outcome))
    expect(seen.at(-1)).toBe('done')
  })

  it('WeChat Pay takes no second one under the same number, which is what the replacement is for', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    simulator.auditApplyment('a_1', REJECTED)
    await expect(submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))).rejects.toThrow(ServiceError)
  })

  it('a replacement without a new number is refused before anything is sent', async () => {
    for (const number of ['a_1', '']) {
      const error = await replaceApplyment(wxpay, 'a_1', apply4subject(number)).catch(cause => cause)
      expect(error).toBeInstanceOf(CallError)
      expect(error.field).toBe('business_code')
    }
    expect(simulator.journal).toHaveLength(0)
  })

  it('called again after a crash, in whichever step, it ends with one replacement', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    simulator.auditApplyment('a_1', REJECTED)
    await cancelApplyment(wxpay, 'a_1')
    expect(await replaceApplyment(wxpay, 'a_1', apply4subject('a_2'))).toMatchObject({ settledBy: 'response' })
    const before = simulator.journal.length
    expect(await replaceApplyment(wxpay, 'a_1', apply4subject('a_2'))).toMatchObject({
      number: 'a_2',
      settledBy: 'query',
    })
    expect(calls().slice(before)).toEqual(['GET /v3/apply4subject/applyment 200'])
  })

  it('when the answer to the cancellation is lost, a query tells that it took effect', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    simulator.auditApplyment('a_1', REJECTED)
    simulator.faults.add({ kind: 'lost-response', path: '/v3/apply4subject/applyment/*/cancel', count: 1 })
    await replaceApplyment(wxpay, 'a_1', apply4subject('a_2'))
    expect([await stateOf('a_1'), await stateOf('a_2')]).toEqual([
      'APPLYMENT_STATE_CANCELED',
      'APPLYMENT_STATE_WAITTING_FOR_AUDIT',
    ])
    expect(calls().filter(line => line.includes('/cancel'))).toHaveLength(1)
  })

  it('what cannot be canceled is not replaced', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    simulator.auditApplyment('a_1', { applyment_state: 'APPLYMENT_STATE_PASSED' })
    await expect(replaceApplyment(wxpay, 'a_1', apply4subject('a_2'))).rejects.toThrow(ServiceError)
    await expect(stateOf('a_2')).rejects.toMatchObject({ status: 404 })
    await expect(cancelApplyment(wxpay, 'none')).rejects.toMatchObject({ status: 404 })
    expect(calls().filter(uploads).at(-1)).toContain('GET')
  })

  it('a simulator that goes on from a snapshot knows what was submitted and canceled', async () => {
    await submitApplyment(wxpay, 'apply4subject', apply4subject('a_1'))
    await cancelApplyment(wxpay, 'a_1')
    const next = await createSimulator({ state: simulator.snapshot() })
    wxpay = new Wechatpay({ ...next.merchant, retry: false, fetch: next.fetch })
    expect(await stateOf('a_1')).toBe('APPLYMENT_STATE_CANCELED')
  })
})
