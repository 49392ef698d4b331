import { WechatpayError } from '../../core/index.ts'
import { bad, type Check } from '../checks.ts'
import { messageOf } from '../failure.ts'

/** A problem and its cure; neither has a full stop at its end. */
export interface Problem {
  readonly says: string
  readonly cure: string
}

const REPORT =
  'This is a fault of wechatpay-edge itself. Report it, with the kind of value that was set and without the value'

/**
 * Reads an error as a problem. An error of this library tells its own cure behind its first sentence; of any other only the
 * kind is told, because its words may quote a secret.
 *
 * @param cure where the error tells none
 */
export function problemOf(error: unknown, cure: string): Problem {
  if (!(error instanceof WechatpayError))
    return { says: `cannot be looked at (${String(Object(error).name ?? typeof error)})`, cure: REPORT }
  const [says, ...rest] = messageOf(error).replace(/\.$/, '').split('. ')
  return { says: says!, cure: rest.join('. ') || cure }
}

/** A check that fails with a problem. */
export const badFor = (name: string, { says, cure }: Problem): Check => bad(name, says, cure)

/** Looks at one thing. Whatever goes wrong in looking is a check that fails, and never the end of the others. */
export async function guarded(name: string, look: () => Check | Promise<Check>): Promise<Check> {
  try {
    return await look()
  } catch (error) {
    return badFor(name, problemOf(error, REPORT))
  }
}
