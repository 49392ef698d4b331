import { DAY } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { createRecords } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { type StateMachine, stateAfter } from '../state-machine.ts'

/** State of an authorization (授权状态). */
export type AuthorizationState = 'WAIT_USER_CONFIRM' | 'TAKING_EFFECT' | 'CLOSED'

/** Events of an authorization: the shopper confirms it, or not in time; the shopper or the merchant closes it. */
export type AuthorizationChange = 'confirm' | 'expire' | 'close'

/**
 * States of an authorization of transfers (免确认收款授权).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4014399423
 */
export const AUTHORIZATION_STATES: StateMachine<AuthorizationState, AuthorizationChange> = {
  initial: ['WAIT_USER_CONFIRM'],
  transitions: [
    { from: 'WAIT_USER_CONFIRM', event: 'confirm', to: 'TAKING_EFFECT' },
    { from: 'WAIT_USER_CONFIRM', event: 'expire', to: 'CLOSED' },
    { from: 'TAKING_EFFECT', event: 'close', to: 'CLOSED' },
  ],
}

export type AuthorizationCloseReason = 'CLOSE_VIA_MCH_API' | 'USER_CLOSE' | 'USER_OVERDUE_UNCONFIRMED'

export interface AuthorizationDraft {
  readonly out_authorization_no: string
  readonly mchid: string
  readonly appid: string
  readonly openid: string
  readonly transfer_scene_id: string
  readonly user_display_name: string
  readonly user_recv_perception?: string | undefined
  readonly notify_url?: string | undefined
  /** Number of the transfer with which the shopper confirms it, if it was requested with one. */
  readonly out_bill_no?: string | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

/** A shopper's permission to transfer without a confirmation each time (免确认收款授权). */
export interface TransferAuthorization extends AuthorizationDraft {
  readonly state: AuthorizationState
  /** Text with which the app or the mini program opens the page. */
  readonly package_info: string
  /** Set once the shopper has confirmed. */
  readonly authorization_id?: string
  /** ms */
  readonly createdAt: number
  /** ms */
  readonly authorizedAt?: number
  readonly closed?: { readonly at: number; readonly reason: AuthorizationCloseReason }
}

export interface AuthorizationChanged {
  readonly type: 'authorization-confirmed' | 'authorization-closed'
  readonly authorization: TransferAuthorization
}

/** Authorizations of transfers: requested by the merchant, confirmed by the shopper within a day, closed by either. */
export interface TransferAuthorizations {
  /**
   * Requests an authorization; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection} `AUTHORIZATION_NUMBER_USED`
   */
  request(draft: AuthorizationDraft): TransferAuthorization
  find(out_authorization_no: string): TransferAuthorization | undefined
  /** @throws {Rejection} `AUTHORIZATION_UNKNOWN` */
  require(out_authorization_no: string): TransferAuthorization
  /**
   * Returns an authorization that is in effect, by either of its numbers.
   *
   * @throws {Rejection} `AUTHORIZATION_UNKNOWN`, `AUTHORIZATION_STATE`
   */
  requireEffective(number: { authorization_id?: string; out_authorization_no?: string }): TransferAuthorization
  /**
   * Confirms it as the shopper.
   *
   * @throws {Rejection} it does not wait for the shopper
   */
  confirm(out_authorization_no: string): TransferAuthorization
  /** Confirms the authorization that was requested with a transfer, once the shopper has accepted that. */
  confirmWithTransfer(out_bill_no: string): void
  /**
   * Closes it. Closed already, it stays as it is.
   *
   * @throws {Rejection} the shopper has not confirmed it
   */
  close(out_authorization_no: string, reason: 'CLOSE_VIA_MCH_API' | 'USER_CLOSE'): TransferAuthorization
  all(): Iterable<TransferAuthorization>
}

/** No source has the time; transfers wait as long. */
const CONFIRMATION_TIME = DAY

export function createTransferAuthorizations(context: AccountsContext<AuthorizationChanged>): TransferAuthorizations {
  const { scheduler, now, emit, random } = context
  const records = createRecords(context.state.map<TransferAuthorization>('transfer-authorizations'), {
    keyOf: ({ out_authorization_no }) => out_authorization_no,
    numbersOf: ({ authorization_id, out_bill_no }) => [authorization_id, out_bill_no && `bill ${out_bill_no}`],
  })
  const require = (number: string): TransferAuthorization => {
    const authorization = records.find(number)
    if (!authorization) throw new Rejection('AUTHORIZATION_UNKNOWN', number)
    return authorization
  }
  const stateError = ({ out_authorization_no, state }: TransferAuthorization): Rejection =>
    new Rejection('AUTHORIZATION_STATE', `${out_authorization_no} is ${state}`)
  const requireAfter = (authorization: TransferAuthorization, event: AuthorizationChange): AuthorizationState => {
    const next = stateAfter(AUTHORIZATION_STATES, authorization.state, event)
    if (!next) throw stateError(authorization)
    return next
  }
  const confirm = (out_authorization_no: string): TransferAuthorization => {
    const waiting = require(out_authorization_no)
    const state = requireAfter(waiting, 'confirm')
    const authorization_id = newDigits(28, context, records.isTaken)
    const authorization = records.save({ ...waiting, state, authorization_id, authorizedAt: now() })
    emit({ type: 'authorization-confirmed', authorization })
    return authorization
  }
  scheduler.on<{ number: string }>('authorization-deadline', ({ number }) => {
    const authorization = require(number)
    const state = stateAfter(AUTHORIZATION_STATES, authorization.state, 'expire')
    if (state) records.save({ ...authorization, state, closed: { at: now(), reason: 'USER_OVERDUE_UNCONFIRMED' } })
  })
  return {
    request(draft) {
      const number = draft.out_authorization_no
      const existing = records.findRepeated(number, draft.fingerprint, 'AUTHORIZATION_NUMBER_USED')
      if (existing) return existing
      scheduler.schedule(now() + CONFIRMATION_TIME, 'authorization-deadline', { number })
      const package_info = `affffddafdfafddffda==${random.hex(32)}`
      return records.save({ ...draft, state: 'WAIT_USER_CONFIRM', package_info, createdAt: now() })
    },
    find: records.find,
    require,
    requireEffective({ authorization_id, out_authorization_no }) {
      const number = authorization_id ?? out_authorization_no ?? ''
      const found = authorization_id === undefined ? records.find(number) : records.findByNumber(number)
      if (!found) throw new Rejection('AUTHORIZATION_UNKNOWN', number)
      if (found.state !== 'TAKING_EFFECT') throw stateError(found)
      return found
    },
    confirm,
    confirmWithTransfer(out_bill_no) {
      const authorization = records.findByNumber(`bill ${out_bill_no}`)
      if (authorization && stateAfter(AUTHORIZATION_STATES, authorization.state, 'confirm'))
        confirm(authorization.out_authorization_no)
    },
    close(out_authorization_no, reason) {
      const authorization = require(out_authorization_no)
      if (authorization.state === 'CLOSED') return authorization
      const state = requireAfter(authorization, 'close')
      const closed = records.save({ ...authorization, state, closed: { at: now(), reason } })
      // The merchant is notified of what the shopper does.
      if (reason === 'USER_CLOSE') emit({ type: 'authorization-closed', authorization: closed })
      return closed
    },
    all: records.all,
  }
}
