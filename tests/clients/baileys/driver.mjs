// One process = one Baileys device, driven by JSON lines: {"id", "command", …} in, {"id", "ok"|"error"} and
// {"event", …} out. See README.md beside this folder for the vocabulary.
import { COMMANDS } from './commands.mjs'
import { Device } from './device.mjs'
import { emit, serve } from './lines.mjs'
import { redirectMediaHost } from './media.mjs'

if (process.env.TRUNKLINE_MEDIA_HOST) redirectMediaHost(process.env.TRUNKLINE_MEDIA_HOST)
process.on('unhandledRejection', error => emit('failure', { during: 'promise', message: String(error?.stack ?? error) }))

const device = new Device()
serve(command => {
  const run = COMMANDS[command.command]
  if (!run) throw new Error(`unknown command ${command.command}`)
  return run(device, command)
})
emit('hello', { client: 'baileys', pid: process.pid })
