import { examples } from '../../examples.ts'
import { PICTURE } from '../../sample/sample-value.ts'
import { addMissing, type State } from '../../state/state.ts'
import type { AccountsContext } from '../context.ts'
import { Rejection } from '../rejection.ts'

/** A merchant's confirmation that it intends to open an account (商户开户意愿申请单). Plain JSON. */
export interface Applyment {
  /** Text, because it may exceed 2^53. */
  readonly applyment_id: string
  readonly business_code: string
  readonly applyment_state: string
  /** PNG in base64. */
  readonly qrcode_data: string
  /** Rejected field (驳回参数). */
  readonly reject_param?: string | undefined
  readonly reject_reason?: string | undefined
}

/** Result of the audit of an applyment. */
export interface ApplymentResult {
  applyment_state:
    | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT'
    | 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_LEGALPERSON'
    | 'APPLYMENT_STATE_PASSED'
    | 'APPLYMENT_STATE_REJECTED'
    | 'APPLYMENT_STATE_FREEZED'
  reject_param?: string | undefined
  reject_reason?: string | undefined
}

export interface Applyments {
  has(business_code: string): boolean
  findById(applyment_id: string): Applyment | undefined
  findByCode(business_code: string): Applyment | undefined
  /** Opens an applyment under a number that no other has. */
  submit(business_code: string): Applyment
  /** @throws {Rejection} `APPLYMENT_UNKNOWN`, `APPLYMENT_ENDED` */
  cancel(business_code: string): void
  /**
   * Gives an applyment the result of its audit.
   *
   * @throws {Rejection} `APPLYMENT_UNKNOWN`, `APPLYMENT_ENDED`
   */
  audit(business_code: string, result: ApplymentResult): void
}

/** States in which an applyment has ended, so that it can be neither audited nor canceled. */
const ENDED: ReadonlySet<string> = new Set(['APPLYMENT_STATE_PASSED', 'APPLYMENT_STATE_CANCELED'])

export const isEnded = ({ applyment_state }: Applyment): boolean => ENDED.has(applyment_state)

export function createApplyments({ state, random }: Pick<AccountsContext, 'state' | 'random'>): Applyments {
  const applyments = storedApplyments(state)
  const requireOpen = (business_code: string): Applyment => {
    const applyment = applyments.get(business_code)
    if (!applyment) throw new Rejection('APPLYMENT_UNKNOWN', business_code)
    if (isEnded(applyment)) throw new Rejection('APPLYMENT_ENDED', business_code)
    return applyment
  }
  return {
    has: business_code => applyments.has(business_code),
    findById: applyment_id => [...applyments.values()].find(applyment => applyment.applyment_id === applyment_id),
    findByCode: business_code => applyments.get(business_code),
    submit(business_code) {
      const applyment: Applyment = {
        applyment_id: `2${random.digits(15)}`,
        business_code,
        applyment_state: 'APPLYMENT_STATE_WAITTING_FOR_AUDIT',
        qrcode_data: PICTURE,
      }
      applyments.set(business_code, applyment)
      return applyment
    },
    cancel(business_code) {
      const applyment = requireOpen(business_code)
      applyments.set(business_code, { ...applyment, applyment_state: 'APPLYMENT_STATE_CANCELED' })
    },
    audit(business_code, { applyment_state, reject_param, reject_reason }) {
      const applyment = requireOpen(business_code)
      applyments.set(business_code, { ...applyment, applyment_state, reject_param, reject_reason })
    },
  }
}

function storedApplyments(state: State): Map<string, Applyment> {
  const { applyment_id, business_code } = examples
  const example: Applyment = {
    applyment_id: String(applyment_id),
    business_code,
    applyment_state: 'APPLYMENT_STATE_WAITTING_FOR_CONFIRM_CONTACT',
    qrcode_data: PICTURE,
  }
  return addMissing(state.map<Applyment>('applyments'), [[business_code, example]])
}
