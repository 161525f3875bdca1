// One Baileys device: its state, its current socket, the messages it saw.
import { Browsers, Curve, DisconnectReason, makeWASocket, WA_CERT_DETAILS } from 'baileys'
import { Agent } from 'node:https'
import P from 'pino'
import { forward } from './events.mjs'
import { emit } from './lines.mjs'
import { nodeToJson } from './nodes.mjs'
import { DeviceState } from './state.mjs'

/** With TRUNKLINE_CLIENT_TRACE=file every stanza in and out is written to that file. */
const logger = process.env.TRUNKLINE_CLIENT_TRACE
  ? P({ level: 'trace' }, P.destination({ dest: process.env.TRUNKLINE_CLIENT_TRACE, sync: true }))
  : P({ level: 'silent' })

/** Messages kept for later commands (download, quote); older ones are forgotten. */
const REMEMBERED_MESSAGES_MAX = 5000

export class Device {
  constructor() {
    this.messages = new Map()
    this.watched = new Set()
    this.socket = undefined
    this.state = undefined
  }

  /** Opens a connection. `state` resumes a device, otherwise a new one asks to be linked. */
  connect({ url, state, root_key, options = {} }) {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(root_key, 'hex')
    this.state = new DeviceState(state)
    if (options.fresh_noise_key) this.state.creds.noiseKey = Curve.generateKeyPair()
    this.url = url
    this.options = options
    this.open()
  }

  open() {
    const { state, options } = this
    const secure = this.url.startsWith('wss:')
    const socket = makeWASocket({
      auth: { creds: state.creds, keys: state.keys },
      waWebSocketUrl: this.url,
      ...(secure ? { agent: new Agent(), fetchAgent: new Agent() } : {}),
      logger,
      browser: Browsers.macOS('Chrome'),
      appStateMacVerification: { patch: true, snapshot: true },
      getMessage: async key => state.sent.get(key.id),
      defaultQueryTimeoutMs: options.query_timeout_ms ?? 10_000,
      keepAliveIntervalMs: options.keep_alive_ms ?? 30_000,
      qrTimeout: options.qr_timeout_ms,
      markOnlineOnConnect: options.mark_online ?? true,
      retryRequestDelayMs: 50,
      connectTimeoutMs: 20_000,
    })
    this.socket = socket
    socket.ev.on('creds.update', update => Object.assign(state.creds, update))
    socket.ws.on('frame', frame => this.watched.has(frame?.tag) && emit('stanza', { stanza: nodeToJson(frame) }))
    forward(socket, this)
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      const restart = lastDisconnect?.error?.output?.statusCode === DisconnectReason.restartRequired
      if (connection === 'close' && restart && !options.stay_closed) this.open()
    })
  }

  /** Closes the connection and opens another one with the same state. */
  reconnect() {
    this.close()
    this.open()
  }

  /** Ends the connection from this side without logging out. */
  close() {
    this.socket?.end(undefined)
  }

  remember(message) {
    const { key, message: content } = message
    if (!key.id || !content) return
    if (key.fromMe) this.state.sent.set(key.id, content)
    this.messages.set(key.id, message)
    if (this.messages.size > REMEMBERED_MESSAGES_MAX) this.messages.delete(this.messages.keys().next().value)
  }

  message(id) {
    const message = this.messages.get(id)
    if (!message) throw new Error(`this device never saw message ${id}`)
    return message
  }

  /** From now on nothing this client writes reaches the network, as with a dying radio link. */
  mute() {
    this.socket.ws.socket.send = (_data, done) => done?.()
  }
}
