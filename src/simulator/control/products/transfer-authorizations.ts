import type { Accounts } from '../../accounts/accounts.ts'
import type { TransferAuthorization } from '../../accounts/transfer-authorizations/transfer-authorizations.ts'
import { newest } from '../newest.ts'

/** Confirms and closes authorizations of transfers (免确认收款授权) as the shopper. */
export interface TransferAuthorizationControl {
  /**
   * Confirms an authorization as the shopper.
   *
   * @throws {Rejection} there is no such authorization, or it does not wait for the shopper
   * @example
   * ```ts
   * const { authorization_id } = simulator.confirmAuthorization('A1')
   * ```
   */
  confirmAuthorization(out_authorization_no: string): TransferAuthorization
  /**
   * Closes an authorization as the shopper.
   *
   * @throws {Rejection} there is no such authorization, or the shopper has not confirmed it
   */
  closeAuthorization(out_authorization_no: string): TransferAuthorization
  transferAuthorization(out_authorization_no: string): TransferAuthorization | undefined
  /**
   * Returns the authorizations that were requested last, the newest first.
   *
   * @param max default 100
   */
  transferAuthorizations(max?: number): TransferAuthorization[]
}

export const createTransferAuthorizationControl = ({
  transferAuthorizations,
}: Pick<Accounts, 'transferAuthorizations'>): TransferAuthorizationControl => ({
  confirmAuthorization: number => transferAuthorizations.confirm(number),
  closeAuthorization: number => transferAuthorizations.close(number, 'USER_CLOSE'),
  transferAuthorization: number => transferAuthorizations.find(number),
  transferAuthorizations: max => newest(transferAuthorizations.all(), max),
})
