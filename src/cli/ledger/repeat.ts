import { wait } from '../../core/base/wait.ts'
import { GatewayError } from '../gateway/connection.ts'

/** Milliseconds before each repetition of a request that has failed for a moment. */
const PAUSES = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000]

/**
 * Repeats a request after each pause while it fails for a moment: the connection broke, or the gateway is being deployed.
 *
 * @param options `advice`: says how to go on after that
 * @throws {GatewayError}
 */
export async function repeat<T>(
  request: () => Promise<unknown>,
  { advice, stopped }: { readonly advice: string; readonly stopped: AbortSignal },
): Promise<T> {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await request()) as T
    } catch (error) {
      if (!(error instanceof GatewayError)) throw error
      const pause = PAUSES[attempt]
      if (stopped.aborted || (error.isTemporary && pause === undefined))
        throw new GatewayError(error.code, `${error.message.replace(/\.?$/, '.')} ${advice}`, error.status)
      if (!error.isTemporary) throw error
      await wait(pause!, stopped)
    }
  }
}
