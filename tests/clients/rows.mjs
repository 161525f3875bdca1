// Prints which rows of the conformance checklist Baileys proved, from a nextest JUnit report or the output of
// `cargo test`. A row counts if every test named after it ran and passed.
import { readFileSync } from 'node:fs'

const report = readFileSync(process.argv[2], 'utf8')

/** [test name, passed] for each test in the report. */
function results() {
  if (!report.trimStart().startsWith('<?xml')) {
    return [...report.matchAll(/^test (\S+) \.\.\. (ok|FAILED)/gm)].map(([, name, outcome]) => [name, outcome === 'ok'])
  }
  const cases = report.matchAll(/<testcase name="([^"]+)"[^>]*?(\/>|>([\s\S]*?)<\/testcase>)/g)
  return [...cases].map(([, name, , body]) => [name, !/<(failure|error|skipped)\b/.test(body ?? '')])
}

const rows = new Map()
for (const [name, passed] of results()) {
  const row = name.match(/conformance::baileys::.*::row_(\d+)_/)?.[1]
  if (row) rows.set(Number(row), (rows.get(Number(row)) ?? true) && passed)
}
const sorted = [...rows].sort(([a], [b]) => a - b)
const proven = sorted.filter(([, passed]) => passed).map(([row]) => row)
const failed = sorted.filter(([, passed]) => !passed).map(([row]) => row)
console.log(`conformance rows proven by Baileys: ${proven.length} (${proven.join(', ')})`)
if (failed.length) console.log(`conformance rows that failed: ${failed.length} (${failed.join(', ')})`)
