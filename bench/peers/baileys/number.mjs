// One number: a Baileys socket, opened again when it closes, and the acks its messages wait for.
import { DisconnectReason, generateMessageIDV2, getContentType, makeWASocket, normalizeMessageContent } from 'baileys'
import P from 'pino'
import { ACK_MS_MAX, OPEN_MS_MAX, RECONNECT_DELAY_MS } from './limits.mjs'
import { emit } from './lines.mjs'
import { openState } from './store.mjs'
import { deferred, within } from './waiting.mjs'

const logger = P({ level: 'silent' })

const TEXTS = ['conversation', 'extendedTextMessage']

/** Whether a message is a text that somebody else wrote. */
const isReceivedText = ({ key, message }) => !key.fromMe && TEXTS.includes(getContentType(normalizeMessageContent(message)))

export class PhoneNumber {
  /** `settings`: `{url, store, data}`; `onReceived(count)` is called for decrypted texts of others. */
  constructor(index, settings, onReceived) {
    Object.assign(this, { index, settings, onReceived })
    this.acks = new Map()
    this.groups = new Map()
    this.received = 0
    this.isOpen = false
    this.stopping = false
    this.opened = deferred()
  }

  /** Connects, and waits until open. A number without a login emits its QRs; one that needs a login fails without. */
  async connect({ needsLogin }) {
    const { store, data } = this.settings
    this.state = await openState(store, data, this.index, logger)
    if (needsLogin && !this.state.auth.creds.me) throw new Error(`number ${this.index} has no stored login`)
    this.open()
    await within(OPEN_MS_MAX, `number ${this.index} to be open`, this.opened.promise)
  }

  open() {
    const { auth, saveCreds } = this.state
    this.socket = makeWASocket({
      auth,
      logger,
      waWebSocketUrl: this.settings.url,
      // No history: it is not measured, and waiting for one that does not come would hold back received messages.
      syncFullHistory: false,
      shouldSyncHistoryMessage: () => false,
      cachedGroupMetadata: async group => this.groups.get(group),
    })
    const { ev, ws } = this.socket
    ws.on('CB:ack,class:message', ({ attrs }) => this.acknowledged(attrs))
    ev.on('creds.update', saveCreds)
    ev.on('connection.update', update => this.changed(update))
    ev.on('groups.update', updates => updates.forEach(({ id }) => this.groups.delete(id)))
    ev.on('group-participants.update', ({ id }) => this.groups.delete(id))
    ev.on('messages.upsert', ({ messages, type }) => {
      const count = type === 'notify' ? messages.filter(isReceivedText).length : 0
      this.received += count
      if (count) this.onReceived(count)
    })
  }

  changed({ connection, qr, lastDisconnect }) {
    if (qr) emit('qr', { number: this.index, qr })
    if (connection === 'open') {
      this.isOpen = true
      this.opened.resolve()
    }
    if (connection !== 'close') return
    this.isOpen = false
    const status = lastDisconnect?.error?.output?.statusCode
    if (this.stopping) return
    if (status === DisconnectReason.loggedOut) {
      this.opened.reject(new Error(`number ${this.index} is logged out`))
      emit('logged_out', { number: this.index })
    } else if (status === DisconnectReason.restartRequired) {
      this.open()
    } else {
      emit('closed', { number: this.index, reason: String(lastDisconnect?.error?.message ?? status) })
      setTimeout(() => this.stopping || this.open(), RECONNECT_DELAY_MS)
    }
  }

  acknowledged({ id, error }) {
    const waiting = this.acks.get(id)
    this.acks.delete(id)
    if (error) waiting?.reject(new Error(`the server refused a message with ${error}`))
    else waiting?.resolve()
  }

  /** Sends one text; `onSent` runs when it left. Resolves with the server's ack. */
  async send(jid, text, onSent) {
    const messageId = generateMessageIDV2(this.socket.user?.id)
    const ack = deferred()
    this.acks.set(messageId, ack)
    try {
      await this.socket.sendMessage(jid, { text }, { messageId })
      onSent()
      await within(ACK_MS_MAX, 'the ack of a message', ack.promise)
    } finally {
      this.acks.delete(messageId)
    }
  }

  /** Reads a group once, as Baileys recommends; without it every send would ask the server for the members. */
  async learnGroup(group) {
    if (!this.groups.has(group)) this.groups.set(group, await this.socket.groupMetadata(group))
  }

  /** Ends the connection without logging out. */
  close() {
    this.stopping = true
    this.socket?.end(undefined)
  }
}
