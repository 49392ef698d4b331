import type { ComponentChild } from 'preact'
import type { Capability } from '../console-files/serve-console.ts'
import { ControlsView } from './controls/view.tsx'
import { lazy } from './lazy.tsx'
import { NotificationsView } from './notifications/view.tsx'
import { PayView } from './pay/view.tsx'
import type { Language } from './settings.ts'
import { TimelineView } from './timeline/view.tsx'

/** A view of the console. */
export interface ConsoleView {
  /** Its place in the address: `#/records`. */
  readonly name: string
  /** Other first segments of its addresses: `#/v3/certificates`. Default: none. */
  readonly alsoNamed?: readonly string[]
  /** Its name in the navigation. */
  readonly title: Readonly<Record<Language, string>>
  /** The part that the origin must serve for the view to be shown. Default: none, the view works in the page alone. */
  readonly needs?: Capability
  /** Use `lazy` for a view that most visits do not open. */
  readonly component: () => ComponentChild
}

/** All views, in the order of the navigation. The first one whose needs are met opens by itself. */
export const VIEWS: readonly ConsoleView[] = [
  { name: 'timeline', title: { en: 'Timeline', zh: '时间线' }, needs: 'simulator', component: TimelineView },
  { name: 'pay', title: { en: 'Pay', zh: '付款' }, needs: 'simulator', component: PayView },
  {
    name: 'accounts',
    title: { en: 'Accounts', zh: '账户' },
    needs: 'simulator',
    component: lazy(async () => (await import('./accounts/view.tsx')).AccountsView),
  },
  {
    name: 'records',
    title: { en: 'Records', zh: '单据' },
    needs: 'simulator',
    component: lazy(async () => (await import('./records/view.tsx')).RecordsView),
  },
  {
    name: 'notifications',
    title: { en: 'Notifications', zh: '通知' },
    needs: 'simulator',
    component: NotificationsView,
  },
  { name: 'controls', title: { en: 'Controls', zh: '控制' }, needs: 'simulator', component: ControlsView },
  {
    name: 'overview',
    title: { en: 'Overview', zh: '概览' },
    needs: 'gateway',
    component: lazy(async () => (await import('./gateway/overview.tsx')).OverviewView),
  },
  {
    name: 'events',
    title: { en: 'Events', zh: '事件' },
    needs: 'gateway',
    component: lazy(async () => (await import('./gateway/events.tsx')).EventsView),
  },
  {
    name: 'deliveries',
    title: { en: 'Deliveries', zh: '投递' },
    needs: 'gateway',
    component: lazy(async () => (await import('./gateway/deliveries.tsx')).DeliveriesView),
  },
  {
    name: 'doubts',
    title: { en: 'In doubt', zh: '结果未知' },
    needs: 'gateway',
    component: lazy(async () => (await import('./gateway/doubts.tsx')).DoubtsView),
  },
  {
    name: 'audit',
    title: { en: 'Audit trail', zh: '审计' },
    needs: 'gateway',
    component: lazy(async () => (await import('./gateway/audit.tsx')).AuditView),
  },
  {
    name: 'explorer',
    alsoNamed: ['v3', 'v2', 'brand', 'notification'],
    title: { en: 'Explorer', zh: '接口' },
    component: lazy(async () => (await import('./explorer/view.tsx')).ExplorerView),
  },
]

/** Pages of their own, which the navigation lists after the views. The workbench is one because its policy forbids every connection. */
export const PAGES: readonly { readonly href: string; readonly title: ConsoleView['title'] }[] = [
  { href: 'workbench.html', title: { en: 'Signatures', zh: '签名' } },
]
