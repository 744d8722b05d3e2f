// Reads a Thing Description as node-wot does, and holds it against the schema of the W3C.
import core from '@node-wot/core'
import http from '@node-wot/binding-http'
import { Ajv } from 'ajv'
import formats from 'ajv-formats'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

// node-wot comes with two versions of it: that of 2021, which it uses, and that of TD 1.1 as it is
const here = createRequire(import.meta.url)
const there = createRequire(here.resolve('wot-typescript-definitions/package.json'))
const ajv = formats.default(new Ajv({ strict: false, allErrors: true, logger: false }))
const written = await (await fetch(process.env.THING)).json()
const wrong = []
for (const from of [here, there]) {
  const schema = from.resolve('wot-thing-description-types/schema/td-json-schema-validation.json')
  const fits = ajv.compile(JSON.parse(readFileSync(schema, 'utf8')))
  if (!fits(written)) wrong.push(...fits.errors.map((one) => `${one.instancePath} ${one.message}`))
}
const servient = new core.Servient()
servient.addClientFactory(new http.HttpClientFactory())
const WoT = await servient.start()
const { properties, actions, events } = wrong.length
  ? {} : await WoT.consume(await WoT.requestThingDescription(process.env.THING))
for (const action of Object.values(actions ?? {})) {
  for (const schema of [action.input, action.output]) ajv.compile(schema)
}
console.log(JSON.stringify({
  wrong,
  properties: Object.keys(properties ?? {}),
  actions: Object.keys(actions ?? {}),
  events: Object.keys(events ?? {}),
}))
await servient.shutdown()
