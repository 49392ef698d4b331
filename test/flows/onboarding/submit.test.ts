import { beforeAll, describe, expect, it } from 'vitest'
import { CallError, encrypted, ServiceError, TransportError, Wechatpay } from '../../../src/core/index.ts'
import { upload } from '../../../src/flows/media/index.ts'
import {
  type ApplymentKind,
  queryApplyment,
  type SubmitOptions,
  submitApplyment,
  uploadFiles,
} from '../../../src/flows/onboarding/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { createTestClient, signedV3Response } from '../../core/test-client.ts'
import { sample } from '../media/files.ts'
import { accountHosting, apply4subject, applyment4sub, ecommerce } from './bodies.ts'

let simulator: Simulator
let wxpay: Wechatpay
/** The bodies that were sent as JSON, by path. */
const sent: [path: string, body: Record<string, unknown>][] = []
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'onboarding' })
  wxpay = new Wechatpay({
    ...simulator.merchant,
    retry: false,
    async fetch(input, init) {
      const request = new Request(input, init)
      if (request.headers.get('content-type') === 'application/json')
        sent.push([new URL(request.url).pathname, (await request.clone().json()) as Record<string, unknown>])
      return simulator.fetch(request)
    },
  })
})

describe('against the simulator', () => {
  it('特约商户进件: files are uploaded, encrypted fields encrypted, what is a media id stays', async () => {
    const { data } = await upload(wxpay, 'v3/merchant/media/upload', new File([sample('jpg')], 'b.jpg'))
    const before = simulator.journal.length
    const submitted = await submitApplyment(wxpay, 'applyment4sub', applyment4sub('1900_1', data.media_id))
    expect(submitted).toEqual({ number: '1900_1', applyment_id: expect.anything(), settledBy: 'response' })
    const [path, body] = sent.at(-1)!
    expect(path).toBe('/v3/applyment4sub/applyment/')
    expect(body).toMatchObject({
      contact_info: { contact_name: expect.stringMatching(/^[\w+/]{300,}=*$/) },
      subject_info: {
        business_license_info: { license_copy: expect.stringMatching(/^[\w+/=-]{20,}$/), merchant_name: '某公司' },
        certificate_info: { cert_copy: data.media_id },
      },
      business_info: { sales_info: { sales_scenes_type: ['SALES_SCENES_STORE'] } },
    })
    expect(simulator.journal.slice(before).map(({ path, status }) => `${path} ${status}`)).toEqual([
      '/v3/merchant/media/upload 200',
      '/v3/applyment4sub/applyment/ 200',
    ])
  })

  it('电商二级商户进件, by the platform too; and 商户开户意愿确认, of a channel', async () => {
    expect(await submitApplyment(wxpay, 'ecommerce', ecommerce('e1'))).toMatchObject({ number: 'e1' })
    expect(await submitApplyment(wxpay, 'account-hosting', accountHosting('e2'))).toMatchObject({ number: 'e2' })
    const ofChannel = { ...apply4subject('s1'), channel_id: '20001111' }
    const subject = await submitApplyment(wxpay, 'apply4subject', ofChannel)
    expect(subject).toMatchObject({ number: 's1', settledBy: 'response' })
    expect(simulator.journal.at(-1)!.url).toBe('/v3/apply4subject/applyment')
    expect(sent.at(-1)![1]).toMatchObject({ channel_id: '20001111' })
    expect(sent.map(([path]) => path).slice(-3)).toEqual([
      '/v3/ecommerce/applyments/',
      '/v3/ecommerce/applyments/submit-account-hosting-applyment',
      '/v3/apply4subject/applyment',
    ])
  })

  it('each kind is queried by its own number', async () => {
    const kinds = ['applyment4sub', 'ecommerce', 'account-hosting'] as const
    for (const [at, kind] of kinds.entries())
      expect((await queryApplyment(wxpay, kind, ['1900_1', 'e1', 'e2'][at]!)).applyment_state).toMatch(
        /AUDITING|CHECKING/,
      )
    const known = await queryApplyment(wxpay, 'apply4subject', simulator.examples.business_code)
    expect(known.qrcode_data).toBeTypeOf('string')
    expect(simulator.journal.slice(-4).map(({ url }) => url)).toEqual([
      '/v3/applyment4sub/applyment/business_code/1900_1',
      '/v3/ecommerce/applyments/out-request-no/e1',
      '/v3/ecommerce/applyments/out-request-no/e2',
      `/v3/apply4subject/applyment?business_code=${simulator.examples.business_code}`,
    ])
  })

  it('a file is uploaded once however often it stands there; a film as a film; an EncryptedField stays', async () => {
    const file = new File([sample('png')], 'a.png')
    const video = new File([sample('mp4')], 'a.mp4')
    const secret = encrypted('AAAA', 'PUB_KEY_ID_1')
    const before = simulator.journal.length
    const body = { a: file, list: [file, 'x'], deep: { legal_person_video: video, secret }, n: 1, none: null }
    const filled = await uploadFiles<Record<string, unknown>>(wxpay, body as never)
    expect(filled).toEqual({
      a: expect.any(String),
      list: [filled.a, 'x'],
      deep: { legal_person_video: expect.any(String), secret },
      n: 1,
      none: null,
    })
    expect((filled.deep as { secret: unknown }).secret).toBe(secret)
    const paths = simulator.journal.slice(before).map(({ path }) => path)
    expect(paths).toEqual(['/v3/merchant/media/upload', '/v3/merchant/media/video_upload'])
  })

  it('a file that is not taken is named by its field, and nothing is submitted', async () => {
    const body = applyment4sub('1900_2')
    body.subject_info.business_license_info!.license_copy = new File([sample('pdf')], 'a.png')
    const count = sent.length
    const error = await submitApplyment(wxpay, 'applyment4sub', body).catch(cause => cause)
    expect(error).toBeInstanceOf(CallError)
    expect([error.field, error.message]).toEqual([
      'subject_info.business_license_info.license_copy',
      'subject_info.business_license_info.license_copy: "a.png" begins like pdf, not like png.',
    ])
    expect(sent).toHaveLength(count)
  })

  it('without a number of one’s own nothing is sent', async () => {
    const count = simulator.journal.length
    for (const business_code of [undefined, '', 5]) {
      const body = { ...applyment4sub('x'), business_code } as never
      await expect(submitApplyment(wxpay, 'applyment4sub', body)).rejects.toMatchObject({ field: 'business_code' })
    }
    expect(simulator.journal).toHaveLength(count)
  })

  it('what WeChat Pay refuses is thrown as it is, and not queried', async () => {
    const { merchant_shortname: _, ...body } = ecommerce('e3')
    await expect(submitApplyment(wxpay, 'ecommerce', body as never)).rejects.toMatchObject({
      status: 400,
      serviceCode: 'PARAM_ERROR',
    })
    expect(simulator.journal.at(-1)!.path).toBe('/v3/ecommerce/applyments/')
  })
})

/** Answers in order, a word for each that is lost or refused; and what was asked. */
async function played(steps: (object | 'lost' | 'none' | 'refused')[]) {
  const answers = await Promise.all(
    steps.map(async step => {
      if (step === 'lost')
        return () => {
          throw new TypeError('connection reset')
        }
      if (step === 'none')
        return new Response('{"code":"RESOURCE_NOT_EXISTS","message":"申请单不存在"}', { status: 404 })
      if (step === 'refused') return new Response('{"code":"INVALID_REQUEST","message":"已存在"}', { status: 400 })
      if (step instanceof Response) return step
      return signedV3Response(step)
    }),
  )
  const { wxpay, requests } = createTestClient(answers)
  const waits: number[] = []
  const submit = (options: SubmitOptions = {}, kind: ApplymentKind = 'ecommerce') =>
    submitApplyment(wxpay, kind, (kind === 'ecommerce' ? { ...ecommerce('e1') } : { business_code: 'e1' }) as never, {
      wait: async ms => {
        waits.push(ms)
      },
      ...options,
    })
  const asked = () => requests.map(({ method }) => method).join(' ')
  return { submit, waits, asked }
}

describe('when the answer to a submission is lost', () => {
  it('the number is queried, and what has arrived is not sent again', async () => {
    const { submit, asked, waits } = await played(['lost', { applyment_state: 'CHECKING', applyment_id: 5 }])
    expect(await submit()).toEqual({ number: 'e1', applyment_id: 5, settledBy: 'query' })
    expect([asked(), waits]).toEqual(['POST GET', [1000]])
  })

  it('what has not arrived is sent again, with the same number', async () => {
    const { submit, asked, waits } = await played(['lost', 'none', 'lost', 'none', { applyment_id: 6 }])
    expect(await submit()).toEqual({ number: 'e1', applyment_id: 6, settledBy: 'response' })
    expect([asked(), waits]).toEqual(['POST GET POST GET POST', [1000, 2000]])
  })

  it.each(['REJECTED', 'CANCELED'])('what was %s before is not taken for what was submitted', async applyment_state => {
    const { submit, asked } = await played(['lost', { applyment_state, applyment_id: 5 }, { applyment_id: 7 }])
    expect(await submit()).toMatchObject({ applyment_id: 7, settledBy: 'response' })
    expect(asked()).toBe('POST GET POST')
  })

  it.each(['APPLYMENT_STATE_EDITTING', 'APPLYMENT_STATE_REJECTED'])('nor is %s', async applyment_state => {
    const { submit } = await played(['lost', { applyment_state }, { applyment_id: 7 }])
    expect(await submit({}, 'applyment4sub')).toMatchObject({ applyment_id: 7 })
  })

  it('a state that is not known has arrived', async () => {
    const { submit } = await played(['lost', { applyment_state: 'NEW' }])
    expect(await submit()).toMatchObject({ settledBy: 'query', applyment_id: undefined })
  })

  it('a refusal of the repetition is settled by a query too: the first may have come late', async () => {
    const steps = ['lost', 'none', 'refused', { applyment_state: 'AUDITING', applyment_id: 8 }] as const
    const { submit, asked } = await played([...steps])
    expect(await submit()).toMatchObject({ applyment_id: 8, settledBy: 'query' })
    expect(asked()).toBe('POST GET POST GET')
  })

  it('a refusal of the repetition of what has not arrived is thrown', async () => {
    const { submit } = await played(['lost', 'none', 'refused', 'none'])
    await expect(submit()).rejects.toThrow(ServiceError)
  })

  it('as often as it may be tried, the doubt is thrown', async () => {
    const { submit, asked } = await played(['lost', 'none', 'lost', 'none'])
    const error = await submit({ attempts: 2 }).catch(cause => cause)
    expect(error).toBeInstanceOf(TransportError)
    expect([error.mayHaveTakenEffect, asked()]).toEqual([true, 'POST GET POST GET'])
  })

  it('特约商户进件, whose query refuses an unknown number as a parameter, is sent again', async () => {
    const paths: string[] = []
    const client = new Wechatpay({
      ...simulator.merchant,
      retry: false,
      async fetch(input, init) {
        const { method, url } = new Request(input, init)
        const path = new URL(url).pathname
        paths.push(`${method} ${path}`)
        // The first submission never arrives.
        if (
          method === 'POST' &&
          paths.filter(one => one === `${method} ${path}`).length === 1 &&
          /applyment\/$/.test(path)
        )
          throw new TypeError('connection reset')
        return simulator.fetch(input, init)
      },
    })
    const { data } = await upload(wxpay, 'v3/merchant/media/upload', new File([sample('jpg')], 'b.jpg'))
    const body = applyment4sub('1900_lost', data.media_id)
    expect(await submitApplyment(client, 'applyment4sub', body, { wait: async () => {} })).toMatchObject({
      number: '1900_lost',
      settledBy: 'response',
    })
    expect(paths.slice(-3)).toEqual([
      'POST /v3/applyment4sub/applyment/',
      'GET /v3/applyment4sub/applyment/business_code/1900_lost',
      'POST /v3/applyment4sub/applyment/',
    ])
  })

  it.each([
    ['without a signature', '未能找到申请单', false],
    ['of something else', '业务申请编号格式错误', true],
  ])('a refused parameter %s leaves the doubt, and nothing is sent again', async (_, message, isSigned) => {
    const content = { code: 'PARAM_ERROR', message }
    const { headers } = await signedV3Response(content)
    const refusal = new Response(JSON.stringify(content), { status: 400, ...(isSigned && { headers }) })
    const { submit, asked } = await played(['lost', refusal, { applyment_id: 7 }])
    const error = await submit({}, 'applyment4sub').catch(cause => cause)
    expect([error.code, error.mayHaveTakenEffect, asked()]).toEqual(['NETWORK_ERROR', true, 'POST GET'])
  })

  it('a query that fails as well leaves the doubt', async () => {
    const { submit, asked } = await played(['lost'])
    await expect(submit()).rejects.toMatchObject({ code: 'NETWORK_ERROR', mayHaveTakenEffect: true })
    expect(asked()).toBe('POST GET')
  })

  it('who aborts meanwhile is told of the doubt', async () => {
    const controller = new AbortController()
    const { submit, asked } = await played(['lost', 'none'])
    const submitted = submit({
      signal: controller.signal,
      wait: async (_, signal) => {
        controller.abort()
        throw signal?.reason
      },
    })
    await expect(submitted).rejects.toMatchObject({ mayHaveTakenEffect: true })
    expect(asked()).toBe('POST')
  })
})
