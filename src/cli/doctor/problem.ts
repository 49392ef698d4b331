import { WechatpayError } from '../../core/index.ts'
import { type Check, failedCheck } from '../checks.ts'
import { messageOf } from '../failure.ts'

/** A problem and how to fix it, each without a full stop. */
export interface Problem {
  readonly detail: string
  readonly fix: string
}

const REPORT = 'This is a bug of wechatpay-edge. Report it with the kind of value that was set, without the value'

/**
 * Converts an error to a problem. The message of this library's errors says how to fix them after its first sentence.
 * Shows only the name of other errors, because their message may quote a secret.
 *
 * @param fix used if the error does not say how to fix it
 */
export function problemOf(error: unknown, fix: string): Problem {
  if (!(error instanceof WechatpayError))
    return { detail: `cannot be checked (${String(Object(error).name ?? typeof error)})`, fix: REPORT }
  const [detail, ...rest] = messageOf(error).replace(/\.$/, '').split('. ')
  return { detail: detail!, fix: rest.join('. ') || fix }
}

/** Creates a failed check from a problem. */
export const failedFor = (name: string, { detail, fix }: Problem): Check => failedCheck(name, detail, fix)

/** Runs one check, and turns an error into a failed check, so that the others still run. */
export async function runCheck(name: string, check: () => Check | Promise<Check>): Promise<Check> {
  try {
    return await check()
  } catch (error) {
    return failedFor(name, problemOf(error, REPORT))
  }
}
