import { DAY } from '../../core/base/time.ts'
import { brandCredentialsOf } from '../../core/client/client.ts'
import { ServiceError, type Wechatpay, WechatpayError } from '../../core/index.ts'
import type { Api } from '../../definitions/call.ts'
import { hasApiv2Key } from '../apiv2-key.ts'
import {
  CALL_FAULTS,
  type CallFault,
  FAULT_KINDS,
  type Fault,
  type FaultKind,
  NOTIFICATION_FAULTS,
} from '../store/call/faults.ts'
import type { Ledger } from '../store/ledger.ts'
import { type Finding, findingOf } from './finding.ts'

/** Milliseconds in which a repeated failure is recorded once, so that a stranger's notifications do not each write a row. */
const RECORD_EVERY = 60_000
/** Milliseconds in which a success clears the ledger once, which may contain a failure that another isolate has recorded. */
const CLEAR_EVERY = 5 * 60_000
/** Codes with which WeChat Pay refuses a signature. */
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
  recordCall(mchid: string, api: Api, error?: unknown): Promise<void>
  /** Records that a notification with a valid signature could not be decrypted. One of APIv2, which may have none, changes nothing. */
  recordUndecryptable(mchid: string, api: Api): Promise<void>
}

/**
 * Finds out from traffic whether a merchant's keys work, those of each API by themselves. A check of the keys alone cannot: it does not
 * show, for example, that a private key belongs to another serial. Only the gateway's own calls and notifications with a valid signature
 * count, because anybody can send others. The ledger keeps the last failure, because isolates are many; that costs a call when something
 * fails, and otherwise one every few minutes.
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
    async recordCall(mchid, api, error) {
      const code = codeOf(error)
      const isVerified = error === undefined || (error instanceof ServiceError && error.verifiedBy !== undefined)
      if (code !== undefined || isVerified) await record(mchid, CALL_FAULTS[api], code)
    },
    async recordUndecryptable(mchid, api) {
      if (api !== 'v2') await record(mchid, NOTIFICATION_FAULTS[api], 'DECRYPTION_FAILED')
    },
  }
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof ServiceError) return isSignatureRefused(error) ? error.serviceCode : undefined
  return error instanceof WechatpayError && UNVERIFIED.has(error.code) ? error.code : undefined
}

/** APIv2 refuses a signature without a code of its own: 签名错误，请检查后再试. */
const isSignatureRefused = ({ serviceCode, serviceMessage }: ServiceError): boolean =>
  REFUSED.has(serviceCode) || (serviceCode === 'FAIL' && /^签名(?:错误|失败)/.test(serviceMessage))

/** Milliseconds after which a failure of calls is a warning: no call of its API was made since, and its keys may be others by now. */
const OLD = DAY

/** Describes a failure to the operator. */
export function describeFault({ kind, code, at }: Fault, now: number): Finding {
  // A warning only: WeChat Pay signs for all merchants, so that another merchant can send its own notifications here.
  if (kind === 'notifications') return findingOf('warn', 'notification_undecryptable', { at })
  if (kind === 'brand_notifications') return findingOf('warn', 'brand_notification_undecryptable', { at })
  return findingOf(now - at < OLD ? 'fail' : 'warn', CALL_FINDINGS[kind][causeOf(code)], { at, code })
}

/**
 * Returns whether a merchant has keys that a failure can be about. They may have been taken out of the configuration since. Another
 * version may have recorded a kind that this one does not know.
 */
export function hasKeysOf({ kind }: Fault, client: Wechatpay): boolean {
  if (!FAULT_KINDS.includes(kind)) return false
  return kind.startsWith('brand_')
    ? brandCredentialsOf(client) !== undefined
    : kind !== 'v2_calls' || hasApiv2Key(client)
}

/** Returns what a code of a call says about the keys. */
const causeOf = (code: string): 'refused' | 'unverified' | 'undecryptable' =>
  code === 'DECRYPTION_FAILED' ? 'undecryptable' : UNVERIFIED.has(code) ? 'unverified' : 'refused'

/** The findings of failed calls, each of which accuses other keys. */
const CALL_FINDINGS = {
  calls: { refused: 'signature_refused', unverified: 'response_unverified', undecryptable: 'response_undecryptable' },
  // One key signs, verifies and decrypts.
  v2_calls: { refused: 'v2_key_wrong', unverified: 'v2_key_wrong', undecryptable: 'v2_key_wrong' },
  brand_calls: {
    refused: 'brand_signature_refused',
    unverified: 'brand_response_unverified',
    undecryptable: 'brand_response_undecryptable',
  },
} as const satisfies Readonly<Record<CallFault, object>>
