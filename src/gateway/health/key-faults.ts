import { ServiceError, WechatpayError } from '../../core/index.ts'
import type { Fault, FaultKind } from '../store/faults.ts'
import type { Ledger } from '../store/ledger.ts'

/** Milliseconds in which a repeated failure is recorded once, so that a stranger's notifications do not each write a row. */
const RECORD_EVERY = 60_000
/** Milliseconds in which a success clears the ledger once, which may contain a failure that another isolate has recorded. */
const CLEAR_EVERY = 5 * 60_000
/** Codes of APIv3 and APIv2 with which WeChat Pay refuses a signature. */
const REFUSED: ReadonlySet<string> = new Set(['SIGN_ERROR', 'SIGNERROR'])
/** Errors of a response that the configured keys cannot verify or decrypt. An unsigned response is left out: it may come from a proxy. */
const UNVERIFIED: ReadonlySet<string> = new Set(['SIGNATURE_INVALID', 'SIGNATURE_UNKNOWN_SERIAL', 'DECRYPTION_FAILED'])

/** Records failures of the merchants' keys. Its methods never reject. */
export interface KeyFaults {
  /**
   * Records the outcome of a call to WeChat Pay. An outcome that says nothing about the keys changes nothing.
   *
   * @param error the error of the call; undefined if its response is verified
   */
  recordCall(mchid: string, error?: unknown): Promise<void>
  /** Records that a notification with a valid signature could not be decrypted. */
  recordUndecryptable(mchid: string): Promise<void>
}

/**
 * Finds out from traffic whether a merchant's keys work. A check of the keys alone cannot: it does not show, for example, that a
 * private key belongs to another serial. Only the gateway's own calls and notifications with a valid signature count, because anybody
 * can send others. The ledger keeps the last failure, because isolates are many; that costs a call when something fails, and otherwise
 * one every few minutes.
 */
export function createKeyFaults(ledgerOf: (name: string) => Ledger, now: () => number): KeyFaults {
  const recorded = new Map<string, { readonly code: string | undefined; readonly at: number }>()

  async function record(mchid: string, kind: FaultKind, code: string | undefined): Promise<void> {
    const key = `${kind} ${mchid}`
    const last = recorded.get(key)
    const age = last ? now() - last.at : Number.POSITIVE_INFINITY
    if (last?.code === code && age >= 0 && age < (code === undefined ? CLEAR_EVERY : RECORD_EVERY)) return
    recorded.set(key, { code, at: now() })
    try {
      const ledger = ledgerOf(mchid)
      await (code === undefined ? ledger.clearFault(mchid, kind) : ledger.recordFault(mchid, kind, code))
    } catch {
      // The next outcome is recorded again.
      recorded.delete(key)
    }
  }

  return {
    async recordCall(mchid, error) {
      const code = codeOf(error)
      const isVerified = error === undefined || (error instanceof ServiceError && error.verifiedBy !== undefined)
      if (code !== undefined || isVerified) await record(mchid, 'calls', code)
    },
    recordUndecryptable: mchid => record(mchid, 'notifications', 'DECRYPTION_FAILED'),
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof ServiceError) return REFUSED.has(error.serviceCode) ? error.serviceCode : undefined
  return error instanceof WechatpayError && UNVERIFIED.has(error.code) ? error.code : undefined
}

/** Describes a failure to the operator. */
export function describeFault({ kind, code, at }: Fault): { status: 'warn' | 'fail'; detail: string } {
  const time = new Date(at).toISOString()
  if (kind === 'notifications')
    return {
      // A warning only: WeChat Pay signs for all merchants, so that another merchant can send its own notifications here.
      status: 'warn',
      detail: `At ${time} a notification with a valid signature could not be decrypted. If none has arrived since, the APIv3 key is wrong: compare it with 商户平台 → API 安全.`,
    }
  return { status: 'fail', detail: `${CALLS[code] ?? CALLS_REFUSED} This was at ${time} (${code}).` }
}

const CALLS_REFUSED =
  'WeChat Pay refused the signature of the last call. The private key, the serial and the merchant id do not belong together: compare them with 商户平台 → API 安全.'
const RESPONSE_UNVERIFIED =
  "The response to the last call could not be verified. The public key (微信支付公钥) and its id, or the platform certificates, are not this merchant's."
const CALLS: Readonly<Record<string, string>> = {
  SIGNATURE_INVALID: RESPONSE_UNVERIFIED,
  SIGNATURE_UNKNOWN_SERIAL: RESPONSE_UNVERIFIED,
  DECRYPTION_FAILED: 'The response to the last call could not be decrypted. The APIv3 key is wrong.',
}
