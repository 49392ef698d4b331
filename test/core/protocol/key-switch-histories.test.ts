import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { KeySwitch } from '../../../src/simulator/index.ts'
import { HISTORIES } from '../../fixtures/histories.ts'
import { createSwitchingMerchant, type SwitchingMerchant } from './switching-merchant.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** An event at WeChat Pay, on the way there, at an attacker's, or of the clock. */
type Step =
  | { readonly do: 'switch'; readonly to: KeySwitch }
  | { readonly do: 'rotate' | 'call' | 'notify' | 'break' | 'mend' | 'restart' }
  | { readonly do: 'forge'; readonly as: Forgery }
  | { readonly do: 'pass'; readonly ms: number }
/** The serial that a forged message names. */
type Forgery = 'unlisted' | 'public-key' | 'own' | 'certificate'

const stopped: KeySwitch = { stage: 'stopped', share: 0 }
const done: KeySwitch = { stage: 'done', share: 1 }
const started = [0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1].map((share): KeySwitch => ({ stage: 'started', share }))
const stage = fc.oneof(fc.constant(stopped), fc.constant(done), fc.constantFrom(...started))
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: stage.map(to => ({ do: 'switch' as const, to })) },
  { weight: 4, arbitrary: fc.constant({ do: 'notify' as const }) },
  { weight: 3, arbitrary: fc.constant({ do: 'call' as const }) },
  {
    weight: 5,
    arbitrary: fc
      .constantFrom<Forgery[]>('unlisted', 'unlisted', 'unlisted', 'public-key', 'own', 'certificate')
      .map(as => ({ do: 'forge' as const, as })),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom(SECOND, 11 * SECOND, 15 * SECOND, 61 * SECOND, 30 * MINUTE, HOUR + SECOND)
      .map(ms => ({ do: 'pass' as const, ms })),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step[]>({ do: 'rotate' }, { do: 'break' }, { do: 'mend' }, { do: 'restart' }),
  },
)

type Kind = 'response' | 'notification'

/** Milliseconds for which messages of a kind lead to no further fetch, as documented, by what the last came to. */
const DOCUMENTED = {
  response: { unlisted: MINUTE, none: MINUTE, failed: 0 },
  notification: { unlisted: MINUTE, none: HOUR, failed: 10 * SECOND },
}

async function run(history: readonly Step[], merchant: SwitchingMerchant): Promise<void> {
  const { simulator } = merchant
  const [publicKeyId] = Object.keys(simulator.merchant.platformKeys) as [string]
  const pausedUntil = { response: 0, notification: 0 }
  let client = merchant.client
  let certificate = Object.keys(simulator.certificates).at(-1)!
  let clock = 0
  let isDown = false
  let forgeries = 0

  /** Judges the fetch that a message led to, and what became of the message. */
  const expectOutcome = (kind: Kind, fetchesBefore: number, isGenuine: boolean, outcome: string) => {
    const isPaused = clock < pausedUntil[kind]
    const isUnknown = outcome === 'SIGNATURE_UNKNOWN_SERIAL'
    const fetches = merchant.fetches() - fetchesBefore
    expect(fetches, 'fetches for one message').toBeLessThanOrEqual(isPaused ? 0 : 1)
    if (isGenuine && isUnknown) expect(isPaused || isDown, `${kind} refused without a pause`).toBe(true)
    else if (isGenuine) expect([publicKeyId, certificate]).toContain(outcome)
    else expect(['SIGNATURE_INVALID', 'SIGNATURE_UNKNOWN_SERIAL']).toContain(outcome)
    if (fetches === 0) return
    const came = isDown ? 'failed' : simulator.keySwitch.stage === 'done' ? 'none' : 'unlisted'
    // A list that came ends the pauses of before.
    if (came === 'unlisted') pausedUntil.response = pausedUntil.notification = clock
    if (isUnknown) pausedUntil[kind] = clock + DOCUMENTED[kind][came]
  }

  for (const step of history) {
    const before = merchant.fetches()
    if (step.do === 'switch') simulator.setKeySwitch(step.to)
    else if (step.do === 'rotate') {
      if (simulator.keySwitch.stage !== 'done') certificate = await simulator.rotate()
    } else if (step.do === 'break' || step.do === 'mend') {
      isDown = step.do === 'break'
      merchant.breakFetch(isDown ? () => Promise.reject(new TypeError('unreachable')) : undefined)
    } else if (step.do === 'restart') {
      client = merchant.restart()
      pausedUntil.response = pausedUntil.notification = clock
    } else if (step.do === 'pass') {
      merchant.pass(step.ms)
      clock += step.ms
    } else if (step.do === 'call') expectOutcome('response', before, true, await merchant.call(client))
    else if (step.do === 'notify') expectOutcome('notification', before, true, await merchant.notify(client))
    else if (step.do === 'forge') {
      const serials = {
        unlisted: `5157F09EFDC096DE15EBE81A47057A${String(forgeries++).padStart(10, '0')}`,
        'public-key': `PUB_KEY_ID_0119000001092026010100${String(forgeries++).padStart(6, '0')}`,
        own: publicKeyId,
        certificate,
      }
      expectOutcome('notification', before, false, (await merchant.forge(serials[step.as], client)).code)
      if (step.as === 'public-key' || step.as === 'own') expect(merchant.fetches()).toBe(before)
    }
  }

  // Whatever happened: an hour later, with WeChat Pay within reach, every genuine message is accepted.
  merchant.breakFetch(undefined)
  merchant.pass(HOUR + SECOND)
  for (const to of [stopped, ...started, done, stopped]) {
    simulator.setKeySwitch(to)
    expect([publicKeyId, certificate]).toContain(await merchant.call(client))
    expect([publicKeyId, certificate]).toContain(await merchant.notify(client))
  }
}

test('whatever the course of the switch, forward or back, no genuine message is refused outside a pause, no forged one is accepted, and fetches are few', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 40 }), async history => {
      await run(history, await createSwitchingMerchant())
    }),
    { numRuns: HISTORIES },
  )
}, 3_600_000)
