// The table of capabilities: rows.tsv names each capability and its operations, or one form of an operation
// (`messages.send/poll`). Tests prove them by their names (`capability_<operation>_…` or `capability_<operation>_<form>_…`, dots as
// underscores) or by a line `// proves: a.b, c.d/form` above them.
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

/** Test function → operations that a comment says it proves, and test functions with Baileys on the other side. */
function claims() {
  const [found, withBaileys] = [new Map(), new Set()]
  for (const file of sources('tests/it')) {
    const text = readFileSync(file, 'utf8')
    for (const [, test, body] of text.matchAll(/fn (\w+)\([^)]*\)[^{]*\{([\s\S]*?)\n\}/g)) {
      if (/baileys/i.test(test + body)) withBaileys.add(test)
    }
    for (const [, comment, test] of text.matchAll(/((?:\/\/ proves: [^\n]*\n\s*)+)(?:#\[[^\n]*\]\s*)*(?:async )?fn (\w+)/g)) {
      const names = [...comment.matchAll(/\/\/ proves: ([^\n]*)/g)].flatMap(([, list]) => list.split(','))
      found.set(test, names.map(name => name.trim()).filter(Boolean))
    }
  }
  return [found, withBaileys]
}

const known = operations()
const [claimed, withBaileys] = claims()
/** Operation or form → set of 'Baileys' | 'simulator judge' | 'unit'. */
const proofs = new Map()
const rows = readFileSync('tests/capability/rows.tsv', 'utf8')
  .split('\n')
  .filter(line => line && !line.startsWith('#'))
  .map(line => line.split('\t'))
  .map(([capability, list]) => ({ capability, names: list.split(' ').filter(Boolean) }))
const prefixes = [...new Set([...known.keys(), ...rows.flatMap(row => row.names)])]
  .map(name => [name, `capability_${name.replaceAll(/[./]/g, '_')}_`])
for (const [name, passed] of results()) {
  if (!passed) continue
  const test = name.split('::').at(-1)
  const kind = withBaileys.has(test) ? 'Baileys' : /^(engine|conformance|faults)::/.test(name) ? 'simulator judge' : 'unit'
  const named = prefixes.filter(([, prefix]) => test.startsWith(prefix)).map(([proven]) => proven)
  for (const proven of new Set([...named, ...(claimed.get(test) ?? [])])) {
    if (!proofs.has(proven)) proofs.set(proven, new Set())
    proofs.get(proven).add(kind)
  }
}
for (const row of rows) {
  row.kinds = [...new Set(row.names.flatMap(name => [...(proofs.get(name) ?? [])]))].sort()
  row.whole = row.names.every(name => known.has(name.split('/')[0]) && proofs.has(name))
}

const width = Math.max(...rows.map(row => row.capability.length))
for (const { capability, names, kinds, whole } of rows) {
  const routes = names.map(name => known.get(name.split('/')[0]) ?? `${name}: no such operation`).join(', ')
  console.log(`${capability.padEnd(width)}  ${whole ? kinds.join(', ') : 'NOT PROVEN'}  ${routes}`)
}
const proven = rows.filter(row => row.whole).length
if (json) console.log(JSON.stringify({ capabilities: rows.length, proven }))
process.exit(proven === rows.length ? 0 : 1)
