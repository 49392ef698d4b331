/** Reasons for which WeChat Pay refuses a call about electronic invoices (电子发票). */
export const FAPIAO_REASONS = {
  FAPIAO_UNKNOWN: 'There is no such application for invoices, or no such invoice in it.',
  FAPIAO_NUMBER_USED: 'Another application, with other parameters, has this fapiao_apply_id.',
  FAPIAO_ORDER: 'The transaction is not a paid order of this merchant.',
  FAPIAO_NOT_REQUESTED: 'Nobody has asked for the link to fill in the title with this fapiao_apply_id.',
  FAPIAO_TITLE_UNKNOWN: 'The user has not filled in the title.',
  FAPIAO_LINES: 'The total_amount of an invoice is not the sum of its lines, of which only a discount may be negative.',
  FAPIAO_TOO_MUCH:
    'The invoices exceed the total of the transactions, or the total that the link to fill in the title was asked for with.',
  FAPIAO_STATE: 'The state of the invoice does not allow this.',
  FAPIAO_MEDIA: 'The file of the invoice has not been uploaded.',
  FAPIAO_CONFIG_UNKNOWN: 'The merchant has not set the development options.',
} as const
