// The rows of the dialects: rows.tsv has those of the contract, and each dialect's test writes a report of those that are served
// (`target/tmp/dialect-<name>.tsv`: dialect, method, path without the names of parameters, whether it passed).
import { existsSync, readFileSync, statSync } from 'node:fs'

const json = process.argv.includes('--json')
const quiet = process.argv.includes('--quiet')

const nameless = path => path.replace(/\{[^}]*\}/g, '{}')
const lines = text => text.split('\n').filter(Boolean).map(line => line.split('\t'))

const contract = lines(readFileSync('tests/dialect/rows.tsv', 'utf8')).slice(1)
/** dialect → its rows as [`METHOD path`, path as the contract writes it] */
const dialects = new Map()
for (const row of contract) dialects.set(row[0], [...(dialects.get(row[0]) ?? []), row])

const gateway = 'target/debug/trunkline'
const built = existsSync(gateway) ? statSync(gateway).mtimeMs : 0

/** Ends with a reason why nothing can be said. */
function give_up(why) {
  console.error(`${why}; run the tests \`dialects::\` first`)
  process.exit(2)
}

/** `METHOD path` → whether it passed, for each row that a dialect serves: as the last run of the tests found it, of the gateway that is built. */
function report(dialect) {
  const file = `target/tmp/dialect-${dialect}.tsv`
  if (!existsSync(file)) give_up(`there is no report of ${dialect}`)
  if (statSync(file).mtimeMs < built) give_up(`the report of ${dialect} is older than the gateway`)
  return new Map(lines(readFileSync(file, 'utf8')).map(([, method, path, passed]) => [`${method} ${path}`, passed === 'true']))
}

const sum = { rows: 0, implemented: 0, passed: 0 }
const failed = []
for (const [dialect, rows] of dialects) {
  const served = report(dialect)
  const missing = rows.filter(([, method, path]) => !served.has(`${method} ${nameless(path)}`))
  const bad = rows.filter(([, method, path]) => served.get(`${method} ${nameless(path)}`) === false)
  const implemented = rows.length - missing.length
  const passed = implemented - bad.length
  console.log(`${dialect}: ${implemented} of ${rows.length} rows served, ${passed} passed`)
  if (!quiet && implemented > 0) {
    for (const [, method, path, mark] of missing) console.log(`  missing  ${method} ${path} [${mark}]`)
  }
  for (const [, method, path] of bad) failed.push(`${dialect} ${method} ${path}`)
  sum.rows += rows.length
  sum.implemented += implemented
  sum.passed += passed
}
for (const row of failed) console.log(`  failed   ${row}`)
if (json) console.log(JSON.stringify(sum))
process.exit(failed.length === 0 ? 0 : 1)
