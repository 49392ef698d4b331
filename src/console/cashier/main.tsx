import { render } from 'preact'
import { EmbeddedCashier } from './embedded.tsx'
import { H5Cashier } from './h5.tsx'

const isEmbedded = location.pathname.endsWith('/console/cashier.html')
render(isEmbedded ? <EmbeddedCashier /> : <H5Cashier />, document.querySelector('#app')!)
