// Baileys' message objects, cut down to what a test asserts.
import { getContentType, normalizeMessageContent, proto } from 'baileys'

const STATUS = ['error', 'pending', 'server_ack', 'delivered', 'read', 'played']
const base64 = bytes => (bytes ? Buffer.from(bytes).toString('base64') : undefined)

export const statusName = status => (status == null ? undefined : (STATUS[status] ?? String(status)))

export function summarizeKey(key = {}) {
  return {
    id: key.id,
    chat: key.remoteJid,
    chat_alt: key.remoteJidAlt,
    from_me: !!key.fromMe,
    participant: key.participant || undefined,
    participant_alt: key.participantAlt || undefined,
  }
}

/** One message: who, where, what kind, its text or media facts. Bytes travel as base64. */
export function summarizeMessage(message) {
  return {
    key: summarizeKey(message.key),
    timestamp: Number(message.messageTimestamp ?? 0),
    push_name: message.pushName || undefined,
    status: statusName(message.status),
    parameters: message.messageStubParameters ?? [],
    undecryptable: message.messageStubType === proto.WebMessageInfo.StubType.CIPHERTEXT ? (message.messageStubParameters?.[0] ?? '') : undefined,
    ...summarizeContent(message.message),
  }
}

function summarizeContent(raw) {
  const content = normalizeMessageContent(raw)
  const type = getContentType(content)
  if (!type) return { kind: raw?.senderKeyDistributionMessage ? 'sender_key' : 'none' }
  const body = content[type]
  const context = body?.contextInfo
  const common = { quoted: context?.stanzaId || undefined, mentions: context?.mentionedJid?.length ? context.mentionedJid : undefined, facts: facts(raw, type, body) }
  switch (type) {
    case 'conversation':
      return { kind: 'text', text: body }
    case 'extendedTextMessage':
      return { kind: 'text', text: body.text, ...common }
    case 'imageMessage':
    case 'videoMessage':
    case 'audioMessage':
    case 'documentMessage':
    case 'stickerMessage':
      return { kind: type === 'audioMessage' && body.ptt ? 'voice' : type.replace('Message', ''), ...common, ...summarizeMedia(body) }
    case 'reactionMessage':
      return { kind: 'reaction', text: body.text ?? '', target: body.key?.id }
    case 'protocolMessage':
      return summarizeProtocol(body)
    case 'ptvMessage':
      return { kind: 'video_note', ...common, ...summarizeMedia(body) }
    case 'pollCreationMessage':
    case 'pollCreationMessageV3':
      return { kind: 'poll', text: body.name, ...common }
    case 'contactMessage':
    case 'contactsArrayMessage':
      return { kind: 'contacts', text: body.displayName, ...common }
    case 'locationMessage':
    case 'liveLocationMessage':
      return { kind: type.replace('Message', ''), text: body.name ?? body.caption ?? undefined, ...common }
    case 'eventMessage':
      return { kind: 'event', text: body.name, ...common }
    case 'interactiveMessage':
      return { kind: 'menu', text: body.body?.text, ...common }
    case 'pinInChatMessage':
    case 'keepInChatMessage':
      return { kind: type.replace('InChatMessage', ''), target: body.key?.id, ...common }
    default:
      return { kind: type, ...common }
  }
}

/** Everything else of a message, as plain JSON: a test looks for what it sent. */
function facts(raw, type, body) {
  const plain = JSON.parse(JSON.stringify(body, (_, v) => (v && typeof v === 'object' && 'low' in v && 'high' in v ? Number(v) : v)))
  return { ...(typeof plain === 'object' ? plain : {}), wrapped: Object.keys(raw ?? {}).find(key => raw[key] && key.startsWith('viewOnce')), secret: !!raw?.messageContextInfo?.messageSecret?.length }
}

function summarizeMedia(body) {
  return {
    text: body.caption || undefined,
    mimetype: body.mimetype,
    file_name: body.fileName || undefined,
    file_length: Number(body.fileLength ?? 0),
    file_sha256: base64(body.fileSha256),
    url: body.url,
    direct_path: body.directPath,
  }
}

function summarizeProtocol(body) {
  const kind = proto.Message.ProtocolMessage.Type[body.type] ?? String(body.type)
  const edited = body.editedMessage ? summarizeContent(body.editedMessage).text : undefined
  return { kind: 'protocol', protocol: kind.toLowerCase(), target: body.key?.id, text: edited }
}
