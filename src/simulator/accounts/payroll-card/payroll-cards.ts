import { MINUTE } from '../../../core/base/time.ts'
import { rfc3339 } from '../../clock/time.ts'
import { examples } from '../../examples.ts'
import { addMissing } from '../../state/state.ts'
import type { AccountsContext } from '../context.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  AUTHENTICATION_STATES,
  PAYROLL_RELATION_STATES,
  type PayrollAuthentication,
  type PayrollRelation,
} from './payroll-card.ts'

/** Names a user's authorization of a merchant. */
export type RelationName = Pick<PayrollRelation, 'openid' | 'sub_mchid'>

/** An authentication as the merchant requests it. */
export type AuthenticationDraft = Omit<
  PayrollAuthentication,
  'authenticate_scene' | 'authenticate_state' | 'authenticate_time' | 'authenticate_failed_reason'
> & {
  /** The user gives the authorization with the authentication (核身预下单（流程中完成授权）). */
  readonly withAuthorization: boolean
}

interface StoredAuthentication {
  readonly body: PayrollAuthentication
  readonly withAuthorization: boolean
  /** Time at which its last token expires, ms. */
  readonly expiresAt: number
}

/** Payroll cards (微工卡): authorizations of merchants, and authentications of employees. */
export interface PayrollCards {
  /** Returns a user's authorization of a merchant, `UNAUTHORIZED` if the user has never given it. */
  relation(name: RelationName): PayrollRelation
  /** Asks a user for an authorization, unless they have been asked. */
  request(name: RelationName): void
  /**
   * Authorizes a merchant as the user.
   *
   * @throws {Rejection} `PAYROLL_RELATION_STATE`
   */
  authorize(name: RelationName): PayrollRelation
  /** @throws {Rejection} `PAYROLL_RELATION_STATE` */
  deauthorize(name: RelationName): PayrollRelation
  /**
   * Orders an authentication; again, it renews the token, until the authentication has a result.
   *
   * @throws {Rejection} `AUTHENTICATION_NUMBER_USED`, `AUTHENTICATION_STATE`
   */
  order(draft: AuthenticationDraft): void
  find(authenticate_number: string): PayrollAuthentication | undefined
  /**
   * Gives an authentication its result, as the user and the check of the face.
   *
   * @param reason why it has failed; absent if it has succeeded
   * @throws {Rejection} `AUTHENTICATION_UNKNOWN`, `AUTHENTICATION_STATE`
   */
  authenticate(authenticate_number: string, reason?: string): PayrollAuthentication
  all(): readonly PayrollAuthentication[]
  /** Returns the authorizations that users were asked for or have given. */
  relations(): Iterable<PayrollRelation>
}

/** Documented lifetime of the token of an authentication, ms. */
export const AUTHENTICATION_LIFETIME: number = 5 * MINUTE

export function createPayrollCards(
  { state, now }: Pick<AccountsContext, 'state' | 'now'>,
  { mchid, appid }: { readonly mchid: string; readonly appid: string },
): PayrollCards {
  const stored = addMissing(state.map<StoredAuthentication>('payroll-authentications'), [
    [examples.authenticate_number, exampleAuthentication(mchid, appid, now())],
  ])
  const relations = createRelations(state, now, mchid)
  const finish = (
    authentication: StoredAuthentication,
    event: 'succeed' | 'fail',
    reason?: string,
  ): PayrollAuthentication => {
    const { body } = authentication
    const authenticate_state = stateAfter(AUTHENTICATION_STATES, body.authenticate_state, event)
    if (!authenticate_state) throw new Rejection('AUTHENTICATION_STATE', body.authenticate_number)
    const finished = {
      ...body,
      authenticate_state,
      authenticate_time: rfc3339(now()),
      authenticate_failed_reason: reason,
    }
    stored.set(body.authenticate_number, { ...authentication, body: finished })
    return finished
  }
  const current = (authenticate_number: string): StoredAuthentication | undefined => {
    const found = stored.get(authenticate_number)
    return found && now() >= found.expiresAt ? expire(found) : found
  }
  const find = (authenticate_number: string): PayrollAuthentication | undefined => current(authenticate_number)?.body
  return {
    ...relations,
    order({ withAuthorization, ...draft }) {
      const { authenticate_number, openid, sub_mchid } = draft
      const body = find(authenticate_number)
      if (body && (body.openid !== openid || body.sub_mchid !== sub_mchid))
        throw new Rejection('AUTHENTICATION_NUMBER_USED', authenticate_number)
      // A token for an authentication that is over could do nothing.
      if (body && body.authenticate_state !== 'AUTHENTICATE_PROCESSING')
        throw new Rejection('AUTHENTICATION_STATE', authenticate_number)
      const ordered: PayrollAuthentication = body ?? {
        ...draft,
        authenticate_scene: 'FROM_MINI_APP',
        authenticate_state: 'AUTHENTICATE_PROCESSING',
        authenticate_time: rfc3339(now()),
      }
      if (withAuthorization) relations.request(draft)
      stored.set(authenticate_number, { body: ordered, withAuthorization, expiresAt: now() + AUTHENTICATION_LIFETIME })
    },
    find,
    authenticate(authenticate_number, reason) {
      const found = current(authenticate_number)
      if (!found) throw new Rejection('AUTHENTICATION_UNKNOWN', authenticate_number)
      const finished = finish(found, reason === undefined ? 'succeed' : 'fail', reason)
      const isAuthorized = relations.relation(finished).authorize_state === 'AUTHORIZED'
      if (found.withAuthorization && reason === undefined && !isAuthorized) relations.authorize(finished)
      return finished
    },
    all: () => [...stored.keys()].map(number => find(number)!),
  }
}

/** Returns an authentication whose token has expired: it has failed, unless it has a result. */
function expire(authentication: StoredAuthentication): StoredAuthentication {
  const { body, expiresAt } = authentication
  const authenticate_state = stateAfter(AUTHENTICATION_STATES, body.authenticate_state, 'expire')
  if (!authenticate_state) return authentication
  const authenticate_failed_reason = '核身token已过期'
  const failed = { ...body, authenticate_state, authenticate_time: rfc3339(expiresAt), authenticate_failed_reason }
  return { ...authentication, body: failed }
}

function createRelations(
  state: AccountsContext['state'],
  now: () => number,
  mchid: string,
): Pick<PayrollCards, 'relation' | 'request' | 'relations' | 'authorize' | 'deauthorize'> {
  const stored = state.map<PayrollRelation>('payroll-relations')
  const relation = ({ openid, sub_mchid }: RelationName): PayrollRelation =>
    stored.get(`${sub_mchid}/${openid}`) ?? { openid, mchid, sub_mchid, authorize_state: 'UNAUTHORIZED' }
  const change = (name: RelationName, event: 'authorize' | 'deauthorize'): PayrollRelation => {
    const earlier = relation(name)
    const authorize_state = stateAfter(PAYROLL_RELATION_STATES, earlier.authorize_state, event)
    if (!authorize_state) throw new Rejection('PAYROLL_RELATION_STATE', `${name.openid} is ${earlier.authorize_state}`)
    const changed: PayrollRelation = { ...earlier, [`${event}_time`]: rfc3339(now()), authorize_state }
    stored.set(`${name.sub_mchid}/${name.openid}`, changed)
    return changed
  }
  return {
    relation,
    request(name) {
      addMissing(stored, [[`${name.sub_mchid}/${name.openid}`, relation(name)]])
    },
    relations: () => stored.values(),
    authorize: name => change(name, 'authorize'),
    deauthorize: name => change(name, 'deauthorize'),
  }
}

/** Creates the authentication that a fresh simulator has, for a first call without preparation. */
function exampleAuthentication(mchid: string, appid: string, now: number): StoredAuthentication {
  const { sub_mchid, openid, authenticate_number } = examples
  const body: PayrollAuthentication = {
    mchid,
    sub_mchid,
    openid,
    authenticate_number,
    authenticate_scene: 'FROM_MINI_APP',
    authenticate_source: appid,
    project_name: '某项目',
    employer_name: '某单位名称',
    authenticate_state: 'AUTHENTICATE_SUCCESS',
    authenticate_time: rfc3339(now),
    authenticate_type: 'SIGN_IN',
  }
  return { body, withAuthorization: false, expiresAt: now + AUTHENTICATION_LIFETIME }
}
