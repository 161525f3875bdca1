// Links numbers with each peer through the simulated service, sends, restarts and starts again, and prints what it saw.
// Fails when a command fails, a number does not stay open, or a message key was used twice.
//
//   SIMULATOR=../../target/debug/trunkline-simulator node smoke.mjs [--peers a,b] [--numbers N] [--messages N]
//     [--window N] [--settle SECONDS]
//
// Peers: whatsapp-rust, whatsapp-rust-memory, baileys. PEER_WHATSAPP_RUST names another binary of the first two.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'

/** Numbers that talk to each other. */
const MEMBERS_MAX = 8

/** Numbers that connect at a time. */
const AT_ONCE = 20

const here = import.meta.dirname
const rust = process.env.PEER_WHATSAPP_RUST ?? join(here, 'target/release/peer-whatsapp-rust')
const PEERS = {
  'whatsapp-rust': { command: [rust], restarts: true },
  'whatsapp-rust-memory': { command: [rust, '--store', 'memory'], restarts: false },
  baileys: { command: [join(here, 'baileys/peer')], restarts: true },
}

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: Object.keys(PEERS).join(',') },
    numbers: { type: 'string', default: '3' },
    messages: { type: 'string', default: '10' },
    window: { type: 'string', default: '4' },
    settle: { type: 'string', default: '3' },
  },
})
const [numbers, messages, window, settle] = ['numbers', 'messages', 'window', 'settle'].map(name => Number(values[name]))

/** Starts a program that ends with this one, and waits for the line that says it is ready. */
async function start(program, args, input) {
  const child = spawn(program, args, { stdio: [input, 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGTERM'))
  const ended = new Promise(resolve => child.once('close', resolve))
  const lines = createInterface({ input: child.stdout })
  const ready = await new Promise((resolve, reject) => {
    child.once('error', reject)
    lines.once('line', line => resolve(JSON.parse(line)))
    lines.once('close', () => reject(new Error(`${program} ended before it was ready`)))
  })
  return { child, lines, ready, ended }
}

async function startSimulator(folder) {
  const ca = join(folder, 'ca.pem')
  const program = process.env.SIMULATOR ?? join(here, '../../target/debug/trunkline-simulator')
  const { child, ready: endpoints } = await start(program, ['--ca-out', ca], 'ignore')
  const control = async (method, path, body) => {
    const answer = await fetch(endpoints.control_url + path, { method, body: body && JSON.stringify(body) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return text ? JSON.parse(text) : undefined
  }
  return { ...endpoints, ca, control, stop: () => child.kill('SIGTERM') }
}

/** A peer process: `ask(cmd, fields)` for commands; `onQr({number, qr})` hears the codes. */
async function startPeer(command, simulator, data, onQr) {
  const [program, ...extra] = command
  const endpoints = ['--url', simulator.wss_url, '--media-host', simulator.media_host, '--ca', simulator.ca, '--root-key', simulator.root_public_key]
  const { child, lines, ready, ended } = await start(program, [...endpoints, '--data', data, ...extra], 'pipe')
  const asked = new Map()
  lines.on('line', text => {
    const line = JSON.parse(text)
    if (line.event === 'qr') return onQr(line)
    if (line.event) return console.log('  event:', text)
    const { resolve, reject } = asked.get(line.id)
    asked.delete(line.id)
    if (line.error) reject(new Error(line.error))
    else resolve(line.ok)
  })
  lines.once('close', () => asked.forEach(({ reject }) => reject(new Error('the peer ended'))))
  let id = 0
  const ask = (cmd, fields = {}) =>
    new Promise((resolve, reject) => {
      asked.set(++id, { resolve, reject })
      child.stdin.write(JSON.stringify({ id, cmd, ...fields }) + '\n')
    })
  return { ready, ask, stop: async () => void (await ask('stop'), await ended) }
}

const seconds = value => `${value.toFixed(2)} s`
const micros = (value, count) => `${Math.round((value / count) * 1e6)} µs CPU a message`
const sleep = ms => new Promise(resolve => setTimeout(resolve, ms))

/** Prints the status after a while of quiet, with the memory of a number above `empty`, the process without numbers. */
async function report(peer, what, empty) {
  await sleep(settle * 1_000)
  const { open, rss_kib, sent, acked, received } = await peer.ask('status')
  const each = open ? `, ${((rss_kib - empty) / open).toFixed(1)} KiB a number` : ''
  console.log(`  ${what}: ${open} open, RSS ${rss_kib} KiB${each}, sent ${sent}, acked ${acked}, received ${received}`)
  return { open, rss_kib }
}

/** Sends as number 0, and waits for the acks and, where other numbers of the peer receive, for what `expected` says. */
async function send(peer, what, command, fields, expected) {
  const arriving = expected ? peer.ask('await_received', { count: expected, timeout_ms: 60_000 }) : undefined
  const sent = await peer.ask(command, { from: 0, window, ...fields })
  await arriving
  const ends = expected ? `, sent and ${expected} received` : ''
  console.log(`  ${what}: ${sent.sent} acked in ${seconds(sent.seconds)}, ${micros(sent.cpu_seconds, fields.count)}${ends}`)
}

/** A phone writes to number 0. */
async function receive(peer, simulator, from, to, what) {
  const arriving = peer.ask('await_received', { count: messages, timeout_ms: 60_000 })
  for (let turn = 0; turn < messages; turn++) await simulator.control('POST', `/accounts/${from}/send`, { to, text: `message ${turn}` })
  const { seconds: took, cpu_seconds } = await arriving
  console.log(`  ${what}: ${messages} received in ${seconds(took)}, ${micros(cpu_seconds, messages)}`)
}

/** `members[0]` is number 0 and the others its neighbours; `stranger` is a phone without a number here. */
async function conversation(peer, simulator, { members, stranger, gid }, what) {
  const others = members.slice(1)
  await send(peer, `${what}, first words`, 'send', { to: others, count: others.length }, others.length)
  await send(peer, `${what}, between numbers`, 'send', { to: others, count: messages }, messages)
  await send(peer, `${what}, to a phone`, 'send', { to: [stranger], count: messages })
  // About as many received as in the other steps.
  const group = { group: gid, count: Math.ceil(messages / others.length) }
  await send(peer, `${what}, group of ${members.length}`, 'send_group', group, group.count * others.length)
  await receive(peer, simulator, stranger, members[0], `${what}, from a phone`)
}

async function smoke(name, simulator, folder) {
  console.log(name)
  const { command, restarts } = PEERS[name]
  const accounts = await simulator.control('POST', '/accounts/batch', { count: numbers + 1, history: false })
  const pns = accounts.map(account => account.pn)
  const [members, stranger] = [pns.slice(0, Math.min(numbers, MEMBERS_MAX)), pns[numbers]]
  const { gid } = await simulator.control('POST', '/groups', { creator: members[0], subject: 'smoke', participants: members.slice(1) })
  const scan = ({ number, qr }) => simulator.control('POST', `/accounts/${pns[number]}/scan`, { qr }).catch(error => console.log('  ', error.message))
  const run = async (peer, verb, what) => {
    console.log(`  ${peer.ready.peer} ${peer.ready.version}, store ${peer.ready.store}`)
    const { rss_kib: empty } = await report(peer, 'without numbers')
    const done = await peer.ask(verb, { numbers, at_once: AT_ONCE })
    console.log(`  ${what}: ${done.open} open in ${seconds(done.seconds)}, ${seconds(done.cpu_seconds)} CPU`)
    await report(peer, `${what}, idle`, empty)
    await conversation(peer, simulator, { members, stranger, gid }, what)
    const { open } = await report(peer, `${what}, after traffic`, empty)
    if (open !== numbers) throw new Error(`${numbers - open} numbers did not stay open`)
    await peer.stop()
  }
  const data = join(folder, name)
  await run(await startPeer(command, simulator, data, scan), 'link', 'linked')
  if (restarts) await run(await startPeer(command, simulator, data, scan), 'start', 'restarted')
}

const folder = mkdtempSync(join(tmpdir(), 'peers-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const simulator = await startSimulator(folder)
try {
  for (const name of values.peers.split(',')) await smoke(name, simulator, folder)
  const judge = await simulator.control('GET', '/judge')
  console.log('judge:', JSON.stringify(judge))
  if (!judge.clean) process.exitCode = 1
} finally {
  simulator.stop()
}
