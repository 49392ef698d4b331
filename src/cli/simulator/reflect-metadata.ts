/**
 * Defines the three functions of `Reflect` metadata that tsyringe, a dependency of `@peculiar/x509`, refuses to load
 * without. Leaves an existing polyfill alone.
 */
export function provideReflectMetadata(): void {
  if ('getMetadata' in Reflect) return
  const all = new WeakMap<object, Map<unknown, unknown>>()
  const own = (key: unknown, target: object) => all.get(target)?.get(key)
  const inherited = (key: unknown, target: object | null): unknown =>
    target && (own(key, target) ?? inherited(key, Object.getPrototypeOf(target)))
  const define = (key: unknown, value: unknown, target: object) => {
    all.set(target, (all.get(target) ?? new Map()).set(key, value))
  }
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define })
}
