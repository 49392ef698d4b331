import type { ComponentChild, FunctionComponent } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useStore } from '../store.ts'
import { MINUTE, minutesUntil } from './format.ts'
import { connection, follow, streamRefusal } from './live.ts'
import { type MerchantRow, merchants, selectedMchid } from './merchant.ts'
import { RefusalText } from './refusal-text.tsx'
import { type GatewayError, isReachable, readSession, session, signOut, viewer } from './session.ts'
import { SignIn } from './sign-in.tsx'
import { useRead } from './use-read.ts'
import { useGatewayWords } from './words.ts'

/** Minutes before the end of a session at which the page offers to sign in again. */
const WARNING = 10
/** Milliseconds until the session is asked for again. */
const RETRY = 2000

/** Puts a view of the gateway below the merchant, the connection and the session, once an operator is signed in. */
export const framed = (view: () => ComponentChild): (() => ComponentChild) => {
  const View = view as FunctionComponent
  return function FramedView() {
    const state = useStore(session)
    const caller = useStore(viewer)
    const isAsked = state.kind === 'unknown' || (state.kind === 'refused' && !state.isFinal)
    useEffect(() => {
      if (!isAsked) return
      void readSession()
      const timer = setInterval(readSession, RETRY)
      return () => clearInterval(timer)
    }, [isAsked])
    const isOut = state.kind === 'signed-out' || state.kind === 'access-ended'
    return (
      <main class="view gateway">
        <Bar key={`bar of ${caller}`} caller={caller} />
        {state.kind === 'refused' && <Refused error={state.error} />}
        {caller !== undefined && <View key={`view of ${caller}`} />}
        {isOut && <SignIn />}
      </main>
    )
  }
}

/** Says why the operator does not see the console, who may have a token for it. */
function Refused({ error }: { error: GatewayError }) {
  const words = useGatewayWords()
  const [isAsking, setAsking] = useState(false)
  return (
    <>
      <p role="alert" class="problem">
        {words.refusedHelp} <RefusalText error={error} />
      </p>
      <div class="buttons">
        <button type="button" onClick={() => setAsking(true)}>
          {words.signIn}
        </button>
      </div>
      {isAsking && <SignIn onClose={() => setAsking(false)} />}
    </>
  )
}

/** A key of its own per caller drops what the bar has read for another one. */
function Bar({ caller }: { caller: string | undefined }) {
  const words = useGatewayWords()
  const mchid = useStore(selectedMchid)
  const all = useStore(merchants)
  const { value } = useRead<{ merchants: MerchantRow[] }>('/admin/merchants', 'seconds')
  useEffect(() => {
    if (!value || viewer.get() !== caller) return
    merchants.set(value.merchants)
    if (!value.merchants.some(row => row.mchid === selectedMchid.get())) selectedMchid.set(value.merchants[0]?.mchid)
  }, [value])
  useEffect(() => (mchid === undefined ? undefined : follow(mchid)), [mchid])
  return (
    <div class="gateway-bar">
      {all && all.length > 1 ? (
        <label class="field">
          {words.merchant}
          <select value={mchid} onChange={event => selectedMchid.set(event.currentTarget.value)}>
            {all.map(row => (
              <option key={row.mchid} value={row.mchid}>
                {row.mchid}
              </option>
            ))}
          </select>
        </label>
      ) : (
        mchid !== undefined && (
          <span>
            {words.merchant} <span class="number">{mchid}</span>
          </span>
        )
      )}
      <ConnectionStatus />
      <span class="space" />
      <SessionStatus />
    </div>
  )
}

/** Says whether the page follows the gateway. A screen reader speaks each change. */
function ConnectionStatus() {
  const words = useGatewayWords()
  const state = useStore(connection)
  const hasSession = useStore(session).kind === 'signed-in'
  const refusal = useStore(streamRefusal)
  const isLost = !useStore(isReachable) || state === 'lost'
  const shown = isLost || state === 'refused' ? 'lost' : state
  const texts = { live: words.live, connecting: words.connecting, lost: words.lostShort, refused: words.notLive }
  return (
    <span class={hasSession || isLost ? `connection ${shown}` : undefined} role="status">
      {isLost ? words.lostShort : hasSession && texts[state]}
      {isLost && <span class="banner">{words.lost}</span>}
      {!isLost && hasSession && state === 'refused' && (
        <span class="banner">
          {words.notLiveHelp} {refusal && <RefusalText error={refusal} />}
        </span>
      )}
    </span>
  )
}

function SessionStatus() {
  const words = useGatewayWords()
  const state = useStore(session)
  const [now, setNow] = useState(Date.now())
  const [isAsking, setAsking] = useState(false)
  const [problem, setProblem] = useState<GatewayError>()
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), MINUTE / 4)
    return () => clearInterval(timer)
  }, [])
  useEffect(() => {
    setAsking(false)
    setProblem(undefined)
    // The clock ticks in quarters of a minute, and the session began in between.
    setNow(Date.now())
  }, [state])
  if (state.kind !== 'signed-in') return null
  const minutes = state.expiresAt === null ? undefined : minutesUntil(state.expiresAt, now)
  const leave = (): void => {
    setProblem(undefined)
    signOut().catch(setProblem)
  }
  return (
    <span class="buttons">
      <span>
        {words.signedInAs(state.caller)}
        {minutes !== undefined && <span class="dim"> · {words.minutesLeft(minutes)}</span>}
      </span>
      {minutes !== undefined && minutes <= WARNING && (
        <button type="button" onClick={() => setAsking(true)}>
          {words.signInAgain}
        </button>
      )}
      {state.csrf !== null && (
        <button type="button" onClick={leave}>
          {words.signOut}
        </button>
      )}
      <span role="alert" class="problem">
        {problem && words.notSignedOut} {problem && problem.status > 0 && <RefusalText error={problem} />}
      </span>
      {isAsking && <SignIn onClose={() => setAsking(false)} />}
    </span>
  )
}
