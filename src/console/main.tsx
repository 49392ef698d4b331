import { render } from 'preact'
import { App } from './app.tsx'
import { readOrigin } from './origin.ts'
import { follow } from './timeline/entries.ts'

render(<App />, document.querySelector('#app')!)
const served = await readOrigin()
if (served.includes('simulator')) follow()
