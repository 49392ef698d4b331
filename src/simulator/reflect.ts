type Target = object

/**
 * `@peculiar/x509` is built on tsyringe, which refuses to load without the metadata part of `Reflect`, and uses three
 * functions of it. These three are all that is put there, and only where nobody else did.
 */
export function provideReflectMetadata(): void {
  if ('getMetadata' in Reflect) return
  const all = new WeakMap<Target, Map<unknown, unknown>>()
  const own = (key: unknown, target: Target) => all.get(target)?.get(key)
  const inherited = (key: unknown, target: Target | null): unknown =>
    target && (own(key, target) ?? inherited(key, Object.getPrototypeOf(target)))
  const define = (key: unknown, value: unknown, target: Target) => {
    all.set(target, (all.get(target) ?? new Map()).set(key, value))
  }
  Object.assign(Reflect, { getMetadata: inherited, getOwnMetadata: own, defineMetadata: define })
}
