import type { Capability } from '../console-files/serve-console.ts'
import { createStore } from './store.ts'

/** The file that says what the origin serves. */
const ORIGIN_URL = '/console/origin.json'
/** Milliseconds until the origin is asked again. */
const RETRY = 2000

/** The parts that the origin serves; undefined until it has said so. Views of other parts are not shown. */
export const capabilities = createStore<readonly Capability[] | undefined>(undefined)
/** Whether the origin has not responded. */
export const isUnreachable = createStore(false)

/** Asks the origin what it serves, until it responds. */
export async function readOrigin(): Promise<readonly Capability[]> {
  for (;;) {
    try {
      const response = await fetch(ORIGIN_URL)
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      const { serves } = (await response.json()) as { serves: readonly Capability[] }
      isUnreachable.set(false)
      capabilities.set(serves)
      return serves
    } catch {
      isUnreachable.set(true)
      await new Promise(resolve => setTimeout(resolve, RETRY))
    }
  }
}
