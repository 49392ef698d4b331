import type { Order } from '../../simulator/accounts/orders/order.ts'
import type { ProductRecordLists } from '../../simulator/control/actions/product-records-action.ts'
import type { StateMachines } from '../../simulator/control/actions/state-actions.ts'
import { Items, Problem } from '../items.tsx'
import { moneyOf } from '../money.ts'
import { useActions } from '../use-action.ts'
import { AGREEMENTS } from './products/agreements.ts'
import { COUPONS } from './products/coupons.ts'
import { MERCHANTS } from './products/merchants.ts'
import { PAYMENTS } from './products/payments.ts'
import type { Product, Row } from './products/product.ts'
import { useProductWords } from './products/words.ts'
import { RecordItem } from './record-item.tsx'

/** All products besides payments. */
const PRODUCTS: readonly Product[] = [...AGREEMENTS, ...COUPONS, ...MERCHANTS, ...PAYMENTS]

interface ProductRecordsProps {
  readonly lists: ProductRecordLists
  /** Reads the records again. */
  readonly reload: () => void
  readonly orders: readonly Order[]
  /** Undefined until they have been read. */
  readonly machines: StateMachines | undefined
}

/** Records of products besides payments, each of which is shown once the merchant has used it. */
export function ProductRecords({ reload, ...context }: ProductRecordsProps) {
  const words = useProductWords()
  return (
    <>
      {PRODUCTS.map(({ title, rowsOf }) => {
        const rows = rowsOf({ ...context, words })
        return (
          rows.length > 0 && (
            <Rows key={title} title={words.titles[title]} rows={rows} machines={context.machines} reload={reload} />
          )
        )
      })}
    </>
  )
}

interface RowsProps extends Pick<ProductRecordsProps, 'machines' | 'reload'> {
  readonly title: string
  readonly rows: readonly Row[]
}

function Rows({ title, rows, machines, reload }: RowsProps) {
  const actions = useActions(reload)
  return (
    <>
      <Problem actions={actions} />
      <Items title={title} none="">
        {rows.map(({ id, machine, amount, actions: possible, ...row }) => (
          <RecordItem
            key={id}
            {...row}
            name={machine}
            machine={machines?.[machine]}
            amount={amount === undefined ? undefined : moneyOf(amount)}
            possible={possible.filter(({ isPossible = true }) => isPossible)}
            actions={actions}
          />
        ))}
      </Items>
    </>
  )
}
