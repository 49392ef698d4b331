import type { Endpoint } from './endpoint.ts'
import type { Notification } from './notification.ts'
import { type Document, isWhollyEncrypted, type Schema } from './openapi.ts'
import { type Declaration, type Form, innerForm, type NameOf, Printer } from './print.ts'

/** Returns the forms of the request and the response of an endpoint. */
export const formsOf = ({ api, response }: Endpoint): { request: Form; response: Form } => ({
  request: api === 'v2' ? 'xmlRequest' : 'request',
  response: response.kind === 'xml' ? 'xmlResponse' : 'response',
})

/** Forms of notifications, which are typed like responses. */
export const FORM_OF: Readonly<Record<'json' | 'xml', Form>> = { json: 'response', xml: 'xmlResponse' }

/** Order in which forms of a shared shape are named; the first gets the plain name. */
const ORDER: readonly Form[] = ['request', 'xmlRequest', 'response', 'xmlResponse']
const SUFFIXES: Readonly<Record<Form, readonly string[]>> = {
  request: ['', 'Request'],
  xmlRequest: ['', 'Request', 'XmlRequest'],
  response: ['', 'Answer'],
  xmlResponse: ['', 'Answer', 'XmlAnswer'],
}

/** The shared shapes with their names in each form that is used. Forms with equal text share one interface. */
export class Shapes {
  readonly #schemas: Readonly<Record<string, Schema>>
  readonly #used = new Map<string, Set<Form>>()
  readonly #names = new Map<string, Map<Form, string>>()
  readonly #expansions = new Map<string, string>()

  constructor(document: Document, endpoints: readonly Endpoint[], notifications: readonly Notification[]) {
    this.#schemas = document.components?.schemas ?? {}
    for (const endpoint of endpoints) {
      const forms = formsOf(endpoint)
      for (const { schema } of endpoint.query) this.#use(schema, forms.request)
      this.#use(endpoint.body?.schema, forms.request)
      this.#use(endpoint.response.schema, forms.response)
    }
    for (const { message, resource } of notifications) {
      this.#use(message.schema, FORM_OF[message.kind])
      if (resource) this.#use(resource.schema, FORM_OF[resource.kind])
    }
    for (const name of Object.keys(this.#schemas))
      if (!this.#used.has(name)) this.#use({ $ref: refTo(name) }, 'response')
    for (const name of Object.keys(this.#schemas)) this.#names.set(name, this.#name(name))
  }

  /** Declares all shared shapes, in the order of the document. */
  declarations(): Declaration[] {
    const printer = new Printer(this.nameOf)
    return [...this.#names].flatMap(([component, names]) =>
      [...new Set(names.values())].map(name => {
        const [form] = [...names].find(([, candidate]) => candidate === name)!
        return printer.declaration(name, this.#schemas[component]!, form)
      }),
    )
  }

  /** Returns the name of a shared shape in a form. */
  readonly nameOf: NameOf = (reference, form) => this.#names.get(componentOf(reference))!.get(form)!

  #use(schema: Schema | undefined, form: Form): void {
    if (!schema) return
    if (schema.$ref) {
      const name = componentOf(schema.$ref)
      const forms = this.#used.get(name) ?? new Set()
      if (forms.has(form)) return
      this.#used.set(name, forms.add(form))
      this.#use(this.#schemas[name], form)
    }
    const parts = [...(schema.allOf ?? []), ...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.items ?? {}]
    const named = [...Object.values(schema.properties ?? {}), ...Object.values(schema.patternProperties ?? {})]
    for (const child of [...parts, ...named]) if (Object.keys(child).length > 0) this.#use(child, form)
    if (typeof schema.additionalProperties === 'object') this.#use(schema.additionalProperties, form)
    if (!isWhollyEncrypted(schema)) this.#use(schema.contentSchema, innerForm(form, schema.contentMediaType))
  }

  #name(component: string): Map<Form, string> {
    const byText = new Map<string, string>()
    const names = new Map<Form, string>()
    for (const form of ORDER) {
      if (!this.#used.get(component)?.has(form)) continue
      const text = this.#expand(component, form, [])
      const taken = [...byText.values()]
      const fresh = SUFFIXES[form].map(suffix => component + suffix).find(name => !taken.includes(name))!
      const name = byText.get(text) ?? fresh
      byText.set(text, name)
      names.set(form, name)
    }
    return names
  }

  /** Expands a shape with its shared shapes written out; forms with equal text are the same. */
  #expand(component: string, form: Form, around: readonly string[]): string {
    if (around.includes(component)) return component
    const key = `${form} ${component}`
    const known = this.#expansions.get(key)
    if (known !== undefined) return known
    const printer = new Printer((ref, inner) => this.#expand(componentOf(ref), inner, [...around, component]))
    const text = printer.type(this.#schemas[component]!, form, '')
    this.#expansions.set(key, text)
    return text
  }
}

const refTo = (name: string): string => `#/components/schemas/${name}`
const componentOf = (reference: string): string => reference.slice(refTo('').length)
