import type { PayrollAuthentication, PayrollRelation } from '../../accounts/payroll-card/payroll-card.ts'
import type { RelationName } from '../../accounts/payroll-card/payroll-cards.ts'
import type { SimulatorContext } from '../../context.ts'
import { newest } from '../newest.ts'

/** Acts as employees with a payroll card (微工卡). */
export interface PayrollCardControl {
  /**
   * Authorizes a merchant as an employee (授权).
   *
   * @throws {Rejection} it is authorized
   */
  authorizePayrollCard(relation: RelationName): PayrollRelation
  /**
   * Takes an authorization back as an employee.
   *
   * @throws {Rejection} it is not authorized
   */
  deauthorizePayrollCard(relation: RelationName): PayrollRelation
  /**
   * Authenticates as an employee (核身).
   *
   * @param reason why it fails; default: it succeeds
   * @throws {Rejection} there is no such authentication, it has a result, or its token has expired
   */
  authenticateEmployee(authenticate_number: string, reason?: string): PayrollAuthentication
  /**
   * Returns the authorizations that employees were asked for last, or have given last, the newest first.
   *
   * @param max default 100
   */
  payrollRelations(max?: number): PayrollRelation[]
  /** Returns the authentications that were ordered last, like {@link PayrollCardControl.payrollRelations}. */
  payrollAuthentications(max?: number): PayrollAuthentication[]
}

export const createPayrollCardControl = ({
  payrollCards,
}: Pick<SimulatorContext, 'payrollCards'>): PayrollCardControl => ({
  authorizePayrollCard: relation => payrollCards.authorize(relation),
  deauthorizePayrollCard: relation => payrollCards.deauthorize(relation),
  authenticateEmployee: (authenticate_number, reason) => payrollCards.authenticate(authenticate_number, reason),
  payrollRelations: max => newest(payrollCards.relations(), max),
  payrollAuthentications: max => newest(payrollCards.all(), max),
})
