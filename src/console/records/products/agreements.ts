import type { Product } from './product.ts'
import { joined } from './product.ts'

/** Products that a user agrees to: service orders, permissions, contracts, authorizations, payroll cards; and complaints. */
export const AGREEMENTS: readonly Product[] = [
  {
    title: 'serviceOrders',
    rowsOf: ({ lists, words }) =>
      lists.serviceOrders.map(order => {
        const { out_order_no, sub_mchid, state, service_introduction, risk_fund, total_amount, paid_type } = order
        const input = { out_order_no, sub_mchid }
        const isCompleted = total_amount !== undefined
        return {
          id: `${sub_mchid} ${out_order_no}`,
          number: out_order_no,
          machine: 'serviceOrders',
          state,
          description: service_introduction,
          amount: total_amount ?? risk_fund.amount,
          note: joined(
            !isCompleted && words.riskFund,
            isCompleted && state === 'DOING' && words.awaitsDeduction,
            paid_type === 'MCH' && words.paidOtherwise,
          ),
          actions: [
            { event: 'confirm', label: words.confirmServiceOrder, path: '/confirm-service-order', input },
            {
              event: 'pay',
              isPossible: isCompleted,
              label: words.payServiceOrder,
              path: '/pay-service-order',
              input,
            },
          ],
        }
      }),
  },
  {
    title: 'permissions',
    rowsOf: ({ lists, words }) =>
      lists.permissions.map(({ authorization_code, state, service_id, openid }) => {
        const input = { authorization_code }
        return {
          id: authorization_code,
          number: authorization_code,
          machine: 'permissions',
          state,
          description: joined(words.ofService(service_id), openid) ?? service_id,
          actions: [
            { event: 'grant', label: words.grantPermission, path: '/grant-permission', input },
            { event: 'revoke', label: words.revokePermission, path: '/revoke-permission', input },
          ],
        }
      }),
  },
  {
    title: 'contracts',
    rowsOf: ({ lists, words }) =>
      lists.contracts.map(({ contract_code, plan_id, sub_mchid, state, contract_display_account, notice }) => {
        const input = { contract_code, plan_id, sub_mchid }
        return {
          id: `${sub_mchid} ${plan_id} ${contract_code}`,
          number: contract_code,
          machine: 'contracts',
          state,
          description: `${contract_display_account} · ${words.ofPlan(plan_id)}`,
          amount: notice?.amount,
          note: notice && words.deductionAnnounced,
          actions: [
            { event: 'sign', label: words.signContract, path: '/sign-contract', input },
            { event: 'terminate', label: words.terminateContract, path: '/terminate-contract', input },
          ],
        }
      }),
  },
  {
    title: 'complaints',
    rowsOf: ({ lists, words }) =>
      lists.complaints.map(complaint => {
        const { complaint_id, state, complaint_detail, out_trade_no, in_platform_service, refund_decision } = complaint
        const act = (action: string) => ({ path: '/complaint-action', input: { complaint_id, action } })
        const asks = (label: string, initial: string) => [{ name: 'operate_details', label, initial }]
        return {
          id: complaint_id,
          number: complaint_id,
          machine: 'complaints',
          state,
          description: `${complaint_detail} · ${words.order} ${out_trade_no}`,
          amount: complaint.apply_refund_amount ?? complaint.amount,
          note: joined(
            in_platform_service && words.staffHelps,
            refund_decision && (refund_decision === 'APPROVE' ? words.refundApproved : words.refundRejected),
          ),
          actions: [
            {
              event: 'respond',
              label: words.reply,
              ...act('USER_RESPONSE'),
              asks: asks(words.replyText, words.replySample),
            },
            {
              event: 'complain-again',
              label: words.complainAgain,
              ...act('CONTINUE_COMPLAINT'),
              asks: asks(words.complaintText, words.complaintSample),
            },
            {
              event: 'call-staff',
              isPossible: !in_platform_service,
              label: words.callStaff,
              ...act('USER_APPLY_PLATFORM_SERVICE'),
            },
            {
              isPossible: in_platform_service,
              label: words.dismissStaff,
              ...act('USER_CANCEL_PLATFORM_SERVICE'),
            },
            {
              label: words.staffReplies,
              ...act('RESPONSE_BY_PLATFORM'),
              asks: asks(words.replyText, words.staffSample),
            },
            { isPossible: in_platform_service, label: words.staffEnds, ...act('PLATFORM_SERVICE_FINISHED') },
          ],
        }
      }),
  },
  {
    title: 'authorizations',
    rowsOf: ({ lists, words }) =>
      lists.authorizations.map(authorization => {
        const { out_authorization_no, state, user_display_name, transfer_scene_id, openid } = authorization
        const input = { out_authorization_no }
        return {
          id: out_authorization_no,
          number: out_authorization_no,
          machine: 'authorizations',
          state,
          description: `${user_display_name} · ${words.ofScene(transfer_scene_id)} · ${openid}`,
          actions: [
            { event: 'confirm', label: words.confirmAuthorization, path: '/confirm-authorization', input },
            { event: 'close', label: words.closeAuthorization, path: '/close-authorization', input },
          ],
        }
      }),
  },
  {
    title: 'payrollRelations',
    rowsOf: ({ lists, words }) =>
      lists.payrollRelations.map(({ openid, sub_mchid, authorize_state }) => {
        const input = { openid, sub_mchid }
        return {
          id: `${sub_mchid} ${openid}`,
          number: openid,
          machine: 'payrollRelations',
          state: authorize_state,
          description: words.ofMerchant(sub_mchid),
          actions: [
            { event: 'authorize', label: words.authorizePayrollCard, path: '/authorize-payroll-card', input },
            { event: 'deauthorize', label: words.deauthorizePayrollCard, path: '/deauthorize-payroll-card', input },
          ],
        }
      }),
  },
  {
    title: 'payrollAuthentications',
    rowsOf: ({ lists, words }) =>
      lists.payrollAuthentications.map(authentication => {
        const { authenticate_number, authenticate_state, employer_name, project_name } = authentication
        const action = { path: '/authenticate-employee', input: { authenticate_number } }
        return {
          id: authenticate_number,
          number: authenticate_number,
          machine: 'payrollAuthentications',
          state: authenticate_state,
          description: `${employer_name} · ${project_name}`,
          note: authentication.authenticate_failed_reason,
          actions: [
            { event: 'succeed', label: words.employeePasses, ...action },
            {
              event: 'fail',
              label: words.employeeFails,
              ...action,
              asks: [{ name: 'reason', label: words.reason, initial: words.employeeSample }],
            },
          ],
        }
      }),
  },
]
