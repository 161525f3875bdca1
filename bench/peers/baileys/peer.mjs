// Baileys as a peer of Trunkline's benchmarks: many numbers in one process, driven by JSON lines. The vocabulary is in
// the README beside this folder; start it through `./peer`.
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import { WA_CERT_DETAILS } from 'baileys'
import { Fleet } from './fleet.mjs'
import { QUIET_MS, STOP_MS_MAX } from './limits.mjs'
import { emit, serve } from './lines.mjs'
import { writesDone } from './store.mjs'

// libsignal prints session records to the console; stdout belongs to the JSON lines alone.
for (const method of ['log', 'info', 'warn', 'error', 'debug', 'trace']) console[method] = () => {}

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    'media-host': { type: 'string' },
    ca: { type: 'string' },
    data: { type: 'string' },
    'root-key': { type: 'string' },
    store: { type: 'string', default: 'files' },
  },
})
for (const name of ['url', 'media-host', 'data', 'root-key']) {
  if (!values[name]) throw new Error(`--${name} is missing`)
}
if (!['files', 'memory'].includes(values.store)) throw new Error('--store is files or memory')

WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(values['root-key'], 'hex')

// The one host name that Baileys does not let a caller configure.
const realFetch = globalThis.fetch
globalThis.fetch = (url, options) => realFetch(String(url).replace('https://mmg.whatsapp.net', `https://${values['media-host']}`), options)

process.on('unhandledRejection', error => emit('failure', { message: String(error?.stack ?? error) }))

const fleet = new Fleet({ url: values.url, store: values.store, data: values.data })

function stop() {
  fleet.stop()
  process.stdin.destroy()
  // Baileys' own timers would keep the process for much longer than its last write does.
  const exit = () => process.exit(0)
  writesDone(QUIET_MS).then(exit)
  setTimeout(exit, STOP_MS_MAX)
}

const COMMANDS = {
  link: command => fleet.link(command),
  start: command => fleet.start(command),
  status: command => fleet.status(command),
  send: command => fleet.send(command),
  send_group: command => fleet.sendGroup(command),
  await_received: command => fleet.awaitReceived(command),
  // After the answer.
  stop: () => void setImmediate(stop),
}

serve(command => {
  const run = COMMANDS[command.cmd]
  if (!run) throw new Error(`unknown command ${command.cmd}`)
  return run(command)
}, stop)
emit('ready', { peer: 'baileys', version: createRequire(import.meta.url)('baileys/package.json').version, store: values.store, pid: process.pid })
