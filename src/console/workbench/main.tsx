import { render } from 'preact'
import { Workbench } from './workbench.tsx'

render(<Workbench />, document.querySelector('#app')!)
