import { definitionOf, type NotificationName } from '../catalogue/notification.ts'

/** `summary` (回调摘要), in WeChat Pay's words. */
const SUMMARIES: Readonly<Record<string, string>> = {
  'TRANSACTION.SUCCESS': '支付成功',
  'REFUND.SUCCESS': '退款成功',
  'REFUND.ABNORMAL': '退款异常',
  'REFUND.CLOSED': '退款关闭',
  'PROFITSHARING.SUCCESS': '分账',
  'PROFITSHARING.RETURN': '分账回退',
  'MCHTRANSFER.BILL.FINISHED': '商家转账单据终态通知',
  'COMPLAINT.CREATE': '产生新投诉',
  'COMPLAINT.STATE_CHANGE': '投诉状态变化',
}

/** Returns the summary of an event; by default, the title of its definition. */
export const summaryOf = (name: NotificationName): string =>
  SUMMARIES[name.event] ?? definitionOf(name)?.title ?? name.event

export const originalTypeOf = (name: NotificationName): string =>
  definitionOf(name)?.original_type ?? name.event.split('.')[0]!.toLowerCase()

/**
 * Returns whether a notification asks the merchant a question, whose answer is in the response body. It is sent once,
 * because the shopper is waiting.
 */
export const isQuestion = (name: NotificationName): boolean => definitionOf(name)?.question === true
