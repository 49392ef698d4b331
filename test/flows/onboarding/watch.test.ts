import { describe, expect, it } from 'vitest'
import { ServiceError, TransportError } from '../../../src/core/index.ts'
import { type ApplymentKind, type WatchOptions, watchApplyment } from '../../../src/flows/onboarding/index.ts'
import { createTestClient, signedV3Response } from '../../core/test-client.ts'

type Step = string | object | (() => never)
const lost = () => {
  throw new TypeError('connection reset')
}

/** Watches an applyment that is in one state after the other; the clock goes on as it waits. */
async function watched(kind: ApplymentKind, steps: Step[], options: WatchOptions = {}) {
  const answers = await Promise.all(
    steps.map(step =>
      typeof step === 'function'
        ? step
        : step instanceof Response
          ? step
          : signedV3Response(typeof step === 'string' ? { applyment_state: step } : step),
    ),
  )
  const { wxpay, requests } = createTestClient(answers as Response[])
  const waits: number[] = []
  let time = 0
  const changes = watchApplyment(wxpay, kind, 'n1', {
    now: () => time,
    wait: async ms => {
      waits.push(ms)
      time += ms
    },
    ...options,
  })
  const seen: string[] = []
  const all = async () => {
    for await (const { previous, state, stage } of changes)
      seen.push(`${previous} → ${state}: ${stage.by ?? '-'} ${stage.action ?? '-'} ${stage.outcome ?? '-'}`)
    return seen
  }
  return { changes, all, seen, waits, requests }
}

describe('an applyment that is watched', () => {
  it('特约商户进件, from audit to the end: each state once, who has to act, and then it ends', async () => {
    const state = (name: string) => `APPLYMENT_STATE_${name}`
    const { all, requests } = await watched('applyment4sub', [
      state('AUDITING'),
      state('AUDITING'),
      state('TO_BE_CONFIRMED'),
      state('TO_BE_SIGNED'),
      state('TO_BE_SIGNED'),
      state('SIGNING'),
      state('FINISHED'),
    ])
    expect(await all()).toEqual([
      'undefined → APPLYMENT_STATE_AUDITING: wechatpay - -',
      'APPLYMENT_STATE_AUDITING → APPLYMENT_STATE_TO_BE_CONFIRMED: merchant verify-account -',
      'APPLYMENT_STATE_TO_BE_CONFIRMED → APPLYMENT_STATE_TO_BE_SIGNED: merchant sign -',
      'APPLYMENT_STATE_TO_BE_SIGNED → APPLYMENT_STATE_SIGNING: wechatpay - -',
      'APPLYMENT_STATE_SIGNING → APPLYMENT_STATE_FINISHED: - - done',
    ])
    expect(requests).toHaveLength(7)
  })

  it('is given with what was answered', async () => {
    const answer = { applyment_state: 'NEED_SIGN', sign_url: 'https://x', applyment_id: 5, out_request_no: 'n1' }
    const { changes } = await watched('ecommerce', [answer])
    expect((await changes.next()).value).toMatchObject({ state: 'NEED_SIGN', applyment: answer })
    await changes.return()
  })

  it.each([
    ['applyment4sub', 'APPLYMENT_STATE_REJECTED', 'applicant resubmit -'],
    ['applyment4sub', 'APPLYMENT_STATE_EDITTING', 'applicant resubmit -'],
    ['applyment4sub', 'APPLYMENT_STATE_CANCELED', '- - canceled'],
    ['ecommerce', 'FROZEN', 'applicant revoke -'],
    ['account-hosting', 'FINISH', '- - done'],
    ['apply4subject', 'APPLYMENT_STATE_PASSED', '- - done'],
  ] as const)('%s ends with %s', async (kind, state, words) => {
    const { all, requests, waits } = await watched(kind, [state])
    expect(await all()).toEqual([`undefined → ${state}: ${words}`])
    expect([requests.length, waits.length]).toEqual([1, 0])
  })

  it('商户开户意愿确认, frozen because the subject was here before, goes on when it is confirmed', async () => {
    const [frozen, passed] = ['APPLYMENT_STATE_FREEZED', 'APPLYMENT_STATE_PASSED']
    const { all } = await watched('apply4subject', [frozen, passed])
    expect(await all()).toEqual([
      `undefined → ${frozen}: merchant confirm-contact -`,
      `${frozen} → ${passed}: - - done`,
    ])
  })

  it('in a state that is not known, or not told, is watched on', async () => {
    const { all } = await watched('ecommerce', ['NEW_STATE', { sign_state: 'NOT_SIGNABLE' }, '__proto__', 'FINISH'])
    expect(await all()).toEqual([
      'undefined → NEW_STATE: - - -',
      'NEW_STATE → __proto__: - - -',
      '__proto__ → FINISH: - - done',
    ])
  })

  it('is asked after less and less often, and anew after each change', async () => {
    const steps = [...Array(14).fill('AUDITING'), 'NEED_SIGN', 'FINISH']
    const { all, waits } = await watched('ecommerce', steps)
    await all()
    expect(waits.slice(0, 4)).toEqual([10_000, 15_000, 22_500, 33_750])
    expect(Math.max(...waits)).toBe(600_000)
    expect(waits.at(-1)).toBe(10_000)
  })

  it('waits as it is told to', async () => {
    const numbers: number[] = []
    const delay = (number: number) => numbers.push(number)
    const { all } = await watched('ecommerce', ['AUDITING', 'AUDITING', 'AUDITING', 'NEED_SIGN', 'FINISH'], { delay })
    await all()
    expect(numbers).toEqual([1, 2, 3, 1])
  })

  it('past its deadline is given up, and the error tells where it was', async () => {
    const { all, seen, waits } = await watched('ecommerce', ['AUDITING'], { deadline: 60_000 })
    await expect(all()).rejects.toMatchObject({ code: 'TIMEOUT', message: expect.stringContaining('n1 is AUDITING') })
    expect(seen).toHaveLength(1)
    expect(waits.reduce((sum, ms) => sum + ms, 0)).toBeLessThanOrEqual(60_000)
  })

  it.each([Date.now(), new Date(), Number.NaN])(
    'is refused before any query with %s, which is no duration, as its deadline',
    async deadline => {
      const { all, requests } = await watched('ecommerce', ['AUDITING'], { deadline: deadline as number })
      await expect(all()).rejects.toMatchObject({ code: 'OPTION_INVALID', option: 'deadline' })
      expect(requests).toEqual([])
    },
  )

  it('ends when its signal is aborted, while it waits and before', async () => {
    const controller = new AbortController()
    const { all } = await watched('ecommerce', ['AUDITING'], {
      signal: controller.signal,
      wait: (_, signal) => {
        controller.abort(new Error('enough'))
        return Promise.reject(signal?.reason)
      },
    })
    const error = await all().catch(cause => cause)
    expect(error).toBeInstanceOf(TransportError)
    expect([error.code, error.mayHaveTakenEffect, error.cause.message]).toEqual(['ABORTED', false, 'enough'])
    const before = await watched('ecommerce', ['AUDITING'], { signal: AbortSignal.abort() })
    await expect(before.all()).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('outlasts the network and WeChat Pay being away', async () => {
    const away = new Response('{"code":"SYSTEM_ERROR","message":"x"}', { status: 500 })
    const busy = new Response('{"code":"FREQUENCY_LIMITED","message":"x"}', { status: 429 })
    const { all } = await watched('ecommerce', [lost, 'AUDITING', away, busy, lost, 'FINISH'])
    expect(await all()).toHaveLength(2)
  })

  it('outlasts a response that says nothing of it: unsigned, of another merchant’s key, or not JSON', async () => {
    const unsigned = new Response('{"applyment_state":"CANCELED"}')
    const proxy = new Response('<html>', { status: 200 })
    const { all } = await watched('ecommerce', ['AUDITING', unsigned, proxy, 'FINISH'])
    expect(await all()).toEqual(['undefined → AUDITING: wechatpay - -', 'AUDITING → FINISH: - - done'])
  })

  it('that there is not, or that may not be queried, is WeChat Pay’s error', async () => {
    const none = new Response('{"code":"RESOURCE_NOT_EXISTS","message":"x"}', { status: 404 })
    const { all } = await watched('ecommerce', [none])
    await expect(all()).rejects.toThrow(ServiceError)
  })
})

it('the runtime’s own timer is ended by the signal', async () => {
  const controller = new AbortController()
  const { changes } = await watched('ecommerce', ['AUDITING'], { signal: controller.signal, wait: undefined as never })
  await changes.next()
  const next = changes.next()
  controller.abort()
  await expect(next).rejects.toMatchObject({ code: 'ABORTED' })
})
