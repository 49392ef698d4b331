import { Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createSimulator, type FaultRule, type Simulator } from '../../../src/simulator/index.ts'
import { crypto } from '../../webcrypto.ts'

/** A merchant before the simulator, with one clock for both that only waiting moves. */
export interface TestMerchant {
  simulator: Simulator
  wxpay: Wechatpay
  /** Milliseconds that were waited, each. */
  waits: number[]
  /** Takes no time, and moves the clock; `meanwhile` happens then. */
  wait(ms: number): Promise<void>
  now(): number
  /** Sets the work that happens during the wait of that number, from 1. */
  during(number: number, meanwhile: () => void | Promise<void>): void
  /** The calls that WeChat Pay has got: `POST codepay`, `GET query`. */
  calls(): string[]
  fault(rule: FaultRule): void
}

export const START: number = Date.parse('2026-03-01T12:00:00+08:00')
export const NOTIFY_URL = 'https://merchant.example/notify'

type Fetch = typeof globalThis.fetch

/** @param deliver the merchant's intake */
export async function createTestMerchant(
  options: Partial<WechatpayOptions> = {},
  deliver?: Fetch,
): Promise<TestMerchant> {
  let time = START
  const now = () => time
  const simulator = await createSimulator({
    seed: 'flows',
    now,
    crypto,
    deliver: deliver ?? (async () => new Response(null, { status: 204 })),
  })
  const { merchant, fetch, mtlsFetch } = simulator
  const waits: number[] = []
  const interruptions = new Map<number, () => void | Promise<void>>()
  return {
    simulator,
    waits,
    now,
    // The time of a call is that of the real clock: ample, so that a busy machine does not end one.
    wxpay: new Wechatpay({ ...merchant, fetch, mtlsFetch, now, crypto, timeout: 60_000, ...options }),
    async wait(ms) {
      waits.push(ms)
      await interruptions.get(waits.length)?.()
      time += ms
      await simulator.settled()
    },
    during: (number, meanwhile) => void interruptions.set(number, meanwhile),
    calls: () => simulator.journal.map(({ method, url }) => `${method} ${url.split('?')[0]}`),
    fault: rule => void simulator.faults.add(rule),
  }
}

let number = 0
/** A number of the merchant's that nobody has used. */
export const unusedNumber = (): string => `F${String(++number).padStart(8, '0')}`
/** 付款码, another one each time. */
export const authCode = (): string => `13${String(++number).padStart(16, '0')}`

export async function collect<T>(of: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const one of of) all.push(one)
  return all
}
