import type { Route } from './route.ts'
import { papay } from './routes/papay.ts'
import { pay } from './routes/pay.ts'
import { realname } from './routes/realname.ts'
import { refund } from './routes/refund.ts'

/** Every endpoint of APIv2 that the simulator knows. */
export const ROUTES: readonly Route[] = [...pay, ...refund, ...realname, ...papay]
