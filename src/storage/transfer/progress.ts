import { LedgerError } from '../../gateway/store/ledger-error.ts'

/** The table that exists while an import has begun and not ended. A gateway refuses such a ledger: it lacks what makes events unique. */
export const PROGRESS = 'import_progress'

export const incompleteImport = (): LedgerError =>
  new LedgerError(
    'LEDGER_INCOMPLETE',
    'an import into this ledger has not ended. Run the same wechatpay-edge ledger import again, which continues it, or begin with an empty ledger',
  )
