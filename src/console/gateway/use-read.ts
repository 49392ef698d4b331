import { useEffect, useRef, useState } from 'preact/hooks'
import { createThrottle } from '../throttle.ts'
import { changes } from './live.ts'
import { GatewayError, request, session } from './session.ts'

/** Milliseconds to wait for more news before something is read again. */
const PAUSE = 700
/** Milliseconds after which it is read again without news: retries and sweeps are no events. */
const EVERY = 10_000

/**
 * When something is read again: as soon as an event arrives and every few seconds, every few seconds only, or not before somebody asks,
 * because it costs a call to WeChat Pay.
 */
export type Freshness = 'events' | 'seconds' | 'once'

/** Something of the gateway that a view shows. */
export interface Read<T> {
  /** Undefined until it has been read. It stays when a later read fails. */
  readonly value: T | undefined
  /** The reason for which it could not be read. */
  readonly problem: GatewayError | undefined
  reload(): void
  /** Reads at once, without the pause that gathers news. @throws {GatewayError} */
  readNow(): Promise<void>
}

/**
 * Reads something of the gateway, and again as its freshness requires and when somebody has signed in. While the page is hidden it reads
 * nothing: what it had to read then is read when the page is shown.
 *
 * @param path undefined reads nothing
 * @param load reads the value; undefined if it is not wanted any more. Default: the JSON at the path
 */
export function useRead<T>(
  path: string | undefined,
  freshness: Freshness = 'events',
  load: (path: string) => Promise<T | undefined> = readJson,
): Read<T> {
  const [state, setState] = useState<{ path?: string; value?: T; problem?: GatewayError }>({})
  const reload = useRef(() => {})
  const latest = useRef({ path, load })
  latest.current = { path, load }
  async function readNow(): Promise<void> {
    const value = await load(path!)
    // The reader may have chosen another path meanwhile.
    if (value !== undefined && latest.current.path === path) setState({ path: path!, value })
  }
  useEffect(() => {
    if (path === undefined) return
    let isMissed = false
    const throttle = createThrottle(PAUSE, async isCurrent => {
      isMissed = document.hidden
      if (isMissed || session.get().kind !== 'signed-in') return
      try {
        const value = await latest.current.load(path)
        if (value !== undefined && isCurrent()) setState({ path, value })
      } catch (error) {
        if (error instanceof GatewayError && error.status >= 400 && error.status !== 401 && isCurrent())
          setState(last => ({ ...(last.path === path ? last : { path }), problem: error }))
      }
    })
    reload.current = throttle.request
    throttle.request()
    const show = (): void => {
      if (!document.hidden && (isMissed || freshness !== 'once')) throttle.request()
    }
    document.addEventListener('visibilitychange', show)
    const ends = [session.subscribe(throttle.request)]
    ends.push(() => document.removeEventListener('visibilitychange', show))
    if (freshness === 'events') ends.push(changes.subscribe(throttle.request))
    if (freshness !== 'once') {
      const timer = setInterval(throttle.request, EVERY)
      ends.push(() => clearInterval(timer))
    }
    return () => {
      for (const end of ends) end()
      throttle.stop()
    }
  }, [path, freshness])
  // Neither the value nor the problem of another path is shown under this one.
  const isCurrent = state.path === path
  return {
    value: isCurrent ? state.value : undefined,
    problem: isCurrent ? state.problem : undefined,
    reload: () => reload.current(),
    readNow,
  }
}

const readJson = async <T>(path: string): Promise<T> => (await request('GET', path)).json()
