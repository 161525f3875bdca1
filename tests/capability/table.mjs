// The table of capabilities: rows.tsv names each capability and its operations; tests prove operations by their names
// (`capability_<operation>_…`, dots as underscores) or by a line `// proves: a.b, c.d` above them.
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const json = process.argv.includes('--json')
const report = process.argv.slice(2).find(argument => !argument.startsWith('--')) ?? 'target/nextest/full/junit.xml'

/** Every `.rs` file below a folder. */
function sources(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap(entry => {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) return entry.name === 'target' || entry.name === 'node_modules' ? [] : sources(path)
    return entry.name.endsWith('.rs') ? [path] : []
  })
}

/** Operation name → its line of the route table. */
function operations() {
  const rows = new Map()
  for (const file of sources('api/src/route/table')) {
    const text = readFileSync(file, 'utf8')
    for (const [, method, path, name] of text.matchAll(/(GET|POST|PUT|PATCH|DELETE)\s+"([^"]+)",\s*"([a-z_.]+)"/g)) {
      rows.set(name, `${method} ${path}`)
    }
  }
  return rows
}

/** [test name, passed] for each test of a report. */
function results() {
  if (!existsSync(report)) {
    console.error(`${report} is missing: run tests/run first`)
    process.exit(2)
  }
  const cases = readFileSync(report, 'utf8').matchAll(/<testcase name="([^"]+)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)
  return [...cases].map(([, name, , body]) => [name, !/<(failure|error|skipped)\b/.test(body ?? '')])
}

/** Test function → operations that a comment says it proves. */
function claims() {
  const found = new Map()
  for (const file of ['tests/it', 'tests/src'].flatMap(sources)) {
    const text = readFileSync(file, 'utf8')
    for (const [, comment, test] of text.matchAll(/((?:\/\/ proves: [^\n]*\n\s*)+)(?:#\[[^\n]*\]\s*)*(?:async )?fn (\w+)/g)) {
      const names = [...comment.matchAll(/\/\/ proves: ([^\n]*)/g)].flatMap(([, list]) => list.split(','))
      found.set(test, names.map(name => name.trim()).filter(Boolean))
    }
  }
  return found
}

const known = operations()
const claimed = claims()
/** Operation → set of 'Baileys' | 'simulator judge' | 'unit'. */
const proofs = new Map()
const byLength = [...known.keys()].sort((a, b) => b.length - a.length)
for (const [name, passed] of results()) {
  if (!passed) continue
  const test = name.split('::').at(-1)
  const named = test.startsWith('capability_')
    ? byLength.filter(operation => test.startsWith(`capability_${operation.replaceAll('.', '_')}_`)).slice(0, 1)
    : []
  const kind = /baileys/.test(name) ? 'Baileys' : /^(engine|conformance|faults)::/.test(name) ? 'simulator judge' : 'unit'
  for (const operation of new Set([...named, ...(claimed.get(test) ?? [])])) {
    if (!proofs.has(operation)) proofs.set(operation, new Set())
    proofs.get(operation).add(kind)
  }
}

const rows = readFileSync('tests/capability/rows.tsv', 'utf8')
  .split('\n')
  .filter(line => line && !line.startsWith('#'))
  .map(line => {
    const [capability, list] = line.split('\t')
    const names = list.split(' ').filter(Boolean)
    const kinds = new Set(names.flatMap(name => [...(proofs.get(name) ?? [])]))
    const whole = names.length > 0 && names.every(name => known.has(name) && proofs.has(name))
    return { capability, names, kinds: [...kinds].sort(), whole }
  })

const width = Math.max(...rows.map(row => row.capability.length))
for (const { capability, names, kinds, whole } of rows) {
  const routes = names.map(name => known.get(name) ?? `${name}: no such operation`).join(', ')
  console.log(`${capability.padEnd(width)}  ${whole ? kinds.join(', ') : 'NOT PROVEN'}  ${routes}`)
}
const proven = rows.filter(row => row.whole).length
if (json) console.log(JSON.stringify({ capabilities: rows.length, proven }))
process.exit(proven === rows.length ? 0 : 1)
