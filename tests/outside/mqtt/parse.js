// Reads an AsyncAPI document as any tool would: what is wrong, and what is in it.
import { Parser } from '@asyncapi/parser'
import { readFileSync } from 'node:fs'

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], 'utf8'))
const grave = diagnostics.filter((one) => one.severity < 2).map((one) => `${one.path.join('.')}: ${one.message}`)
console.log(JSON.stringify({
  grave,
  version: document?.version(),
  operations: document?.operations().all().map((one) => [
    one.action(), one.channels().all()[0].address(), one.messages().all().map((message) => message.name()),
  ]),
}))
