// Baileys' events, translated to the driver's.
import { jidNormalizedUser, proto } from 'baileys'
import { describe, emit } from './lines.mjs'
import { statusName, summarizeKey, summarizeMessage } from './summary.mjs'

const HISTORY = proto.HistorySync.HistorySyncType

/** Event name → translation. `device` keeps what later commands refer to by message id. */
const TRANSLATIONS = {
  'connection.update': update => {
    if (update.qr) emit('qr', { qr: update.qr })
    if (update.isNewLogin) emit('paired')
    if (update.connection === 'open') emit('open')
    if (update.connection === 'close') {
      const { message, status } = describe(update.lastDisconnect?.error)
      emit('closed', { status: status ?? 0, reason: message })
    }
    if (update.receivedPendingNotifications) emit('caught_up')
    if (update.isOnline != null) emit('presence_sent', { online: update.isOnline })
  },
  'creds.update': update => {
    if (update.me?.name) emit('push_name', { name: update.me.name })
    // Counted by Baileys when the first app-state sync is over and buffered events are out.
    if (update.accountSyncCounter) emit('synced')
  },
  'messages.upsert': ({ messages, type }, device) => {
    for (const message of messages) {
      device.remember(message)
      emit('message', { upsert: type, ...summarizeMessage(message) })
    }
  },
  'messages.update': updates => {
    for (const { key, update } of updates) {
      emit('message_update', {
        key: summarizeKey(key),
        status: statusName(update.status),
        parameters: update.messageStubParameters ?? [],
        revoked: update.message === null,
        edited: editedText(update.message),
        starred: update.starred ?? undefined,
      })
    }
  },
  'message-receipt.update': updates => {
    for (const { key, receipt } of updates) {
      emit('receipt', { key: summarizeKey(key), user: receipt.userJid, receipt: receipt.readTimestamp ? 'read' : 'delivered' })
    }
  },
  'messages.reaction': reactions => {
    for (const { key, reaction } of reactions) emit('reaction', { target: key.id, text: reaction.text ?? '' })
  },
  'messaging-history.set': history => {
    emit('history', {
      sync_type: (HISTORY[history.syncType] ?? String(history.syncType)).toLowerCase(),
      chats: history.chats.map(chat => chat.id),
      messages: history.messages.map(summarizeMessage),
      contacts: history.contacts.map(({ id, lid, name, notify }) => ({ id, lid, name: name ?? notify })),
    })
  },
  'settings.update': ({ setting, value }) => emit('setting', { setting, value: String(value) }),
  'chats.update': chats => chats.forEach(chat => emit('chat_update', { chat: chat.id, changes: plain(chat) })),
  'chats.upsert': chats => chats.forEach(chat => emit('chat_update', { chat: chat.id, changes: plain(chat) })),
  'contacts.upsert': contacts => contacts.forEach(contact => emit('contact', { contact: plain(contact) })),
  'contacts.update': contacts => contacts.forEach(contact => emit('contact', { contact: plain(contact) })),
  'groups.upsert': groups => groups.forEach(group => emit('group', { group: group.id, subject: group.subject, participants: group.participants.map(p => p.id) })),
  'groups.update': groups => groups.forEach(group => emit('group_update', { group: group.id, changes: plain(group) })),
  'group-participants.update': ({ id, author, participants, action }) =>
    emit('group_participants', { group: id, author, action, participants: participants.map(p => (typeof p === 'string' ? p : p.id)) }),
  call: calls => {
    for (const { id, chatId, from, status, isVideo } of calls) emit('call', { call: id, chat: chatId, from, status, video: isVideo })
  },
  'presence.update': ({ id, presences }) => {
    for (const [who, presence] of Object.entries(presences)) {
      emit('presence', { chat: id, who: jidNormalizedUser(who), presence: presence.lastKnownPresence, last_seen: presence.lastSeen ?? undefined })
    }
  },
  'chats.delete': chats => chats.forEach(chat => emit('chat_deleted', { chat })),
  'messages.delete': ({ keys }) => keys.forEach(key => emit('message_deleted', { id: key.id, chat: key.remoteJid })),
  'labels.edit': label => emit('label', { label: plain(label) }),
  'labels.association': ({ association, type }) => emit('label_association', { change: type, label: association.labelId, chat: association.chatId }),
}

function editedText(message) {
  const edited = message?.editedMessage?.message
  return edited ? (edited.conversation ?? edited.extendedTextMessage?.text ?? undefined) : undefined
}

/** JSON-safe copy: protobuf longs become numbers, functions vanish. */
const plain = value => JSON.parse(JSON.stringify(value, (_, v) => (v && typeof v === 'object' && 'low' in v && 'high' in v ? Number(v) : v)))

/** Translates every event of `socket` that a test can wait for. */
export function forward(socket, device) {
  socket.ev.process(async events => {
    for (const [name, payload] of Object.entries(events)) {
      try {
        TRANSLATIONS[name]?.(payload, device)
      } catch (error) {
        emit('failure', { during: name, message: String(error?.stack ?? error) })
      }
    }
  })
}
