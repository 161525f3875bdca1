// The command table: name → what it does to the device. Arguments are the command's own fields.
import { summarizeMessage } from './summary.mjs'
import { contentFromJson, download } from './media.mjs'
import { nodeFromJson, nodeToJson } from './nodes.mjs'
import { tally } from './polls.mjs'

const keyOf = ({ id, chat, from_me, participant }) => ({ id, remoteJid: chat, fromMe: from_me, participant })

function group(metadata) {
  const participants = metadata.participants.map(({ id, phoneNumber, lid, admin }) => ({ id, phone_number: phoneNumber, lid, admin }))
  const settings = {
    announce: metadata.announce,
    locked: metadata.restrict,
    join_approval: metadata.joinApprovalMode,
    members_can_add: metadata.memberAddMode,
    disappearing_seconds: metadata.ephemeralDuration ?? 0,
  }
  return { group: metadata.id, subject: metadata.subject, description: metadata.desc, addressing: metadata.addressingMode, owner: metadata.owner, community: metadata.linkedParent, participants, settings }
}

async function send(device, { to, content, quoted, ...rest }) {
  const options = { ...(quoted ? { quoted: device.message(quoted) } : {}), ...(rest.status_recipients ? { statusJidList: rest.status_recipients } : {}) }
  const message = await device.socket.sendMessage(to, contentFromJson(content), options)
  device.remember(message)
  return summarizeMessage(message)
}

const CONNECTION = {
  connect: (device, command) => device.connect(command),
  reconnect: device => device.reconnect(),
  close: device => device.close(),
  logout: device => device.socket.logout(),
  export_state: device => device.state.export(),
  me: device => device.state.creds.me,
  routing_info: device => ({ base64: device.state.creds.routingInfo?.toString('base64') ?? '' }),
  pairing_code: async (device, { phone, code }) => ({ code: await device.socket.requestPairingCode(phone, code) }),
  mute: device => device.mute(),
  forget: (device, { type }) => ({ forgotten: device.state.forget(type) }),
}

const MESSAGES = {
  send,
  react: (device, { key, text }) => send(device, { to: key.chat, content: { react: { key: keyOf(key), text } } }),
  edit: (device, { key, text }) => send(device, { to: key.chat, content: { text, edit: keyOf(key) } }),
  revoke: (device, { key }) => send(device, { to: key.chat, content: { delete: keyOf(key) } }),
  read: (device, { keys }) => device.socket.readMessages(keys.map(keyOf)),
  download: (device, { message }) => download(device.message(message)),
  tally,
}

const PRESENCE = {
  presence: (device, { presence, to }) => device.socket.sendPresenceUpdate(presence, to),
  subscribe: (device, { to }) => device.socket.presenceSubscribe(to),
}

const GROUPS = {
  group_create: async (device, { subject, participants }) => group(await device.socket.groupCreate(subject, participants)),
  group_metadata: async (device, { group: id }) => group(await device.socket.groupMetadata(id)),
  groups: async device => Object.values(await device.socket.groupFetchAllParticipating()).map(group),
  group_participants: async (device, { group: id, participants, action }) =>
    (await device.socket.groupParticipantsUpdate(id, participants, action)).map(({ status, jid, content }) => ({ status, jid, invitation: content?.content?.[0]?.attrs })),
  group_subject: (device, { group: id, subject }) => device.socket.groupUpdateSubject(id, subject),
  group_description: (device, { group: id, description }) => device.socket.groupUpdateDescription(id, description),
  group_setting: (device, { group: id, setting }) => device.socket.groupSettingUpdate(id, setting),
  group_invite: async (device, { group: id }) => ({ code: await device.socket.groupInviteCode(id) }),
  group_join: async (device, { code }) => ({ group: await device.socket.groupAcceptInvite(code) }),
  group_leave: (device, { group: id }) => device.socket.groupLeave(id),
  group_accept_invitation: (device, { group: id, code, expiration, from }) =>
    device.socket.groupAcceptInviteV4(from, { groupJid: id, inviteCode: code, inviteExpiration: expiration }),
  group_preview: async (device, { code }) => group(await device.socket.groupGetInviteInfo(code)),
}

const COMMUNITIES = {
  linked_groups: (device, { group: id }) => device.socket.communityFetchLinkedGroups(id),
  community_create: async (device, { subject, description }) => group(await device.socket.communityCreate(subject, description)),
  community_link: (device, { community, group: id }) => device.socket.communityLinkGroup(id, community),
}

const NEWSLETTERS = {
  newsletter_create: (device, { name, description }) => device.socket.newsletterCreate(name, description),
  newsletter_metadata: (device, { type, key }) => device.socket.newsletterMetadata(type, key),
  newsletter_follow: (device, { newsletter }) => device.socket.newsletterFollow(newsletter),
  newsletter_messages: async (device, { newsletter, count }) => nodeToJson(await device.socket.newsletterFetchMessages(newsletter, count)),
}

const CALLS = {
  reject_call: (device, { call, from }) => device.socket.rejectCall(call, from),
}

const ACCOUNT = {
  on_whatsapp: (device, { phones }) => device.socket.onWhatsApp(...phones),
  chat_modify: (device, { chat, change }) => device.socket.chatModify(change, chat),
  update_name: (device, { name }) => device.socket.updateProfileName(name),
  block: (device, { who, action }) => device.socket.updateBlockStatus(who, action),
  blocklist: device => device.socket.fetchBlocklist(),
  set_last_seen_privacy: (device, { value }) => device.socket.updateLastSeenPrivacy(value),
  privacy: device => device.socket.fetchPrivacySettings(true),
  set_status: (device, { status }) => device.socket.updateProfileStatus(status),
  status: async (device, { who }) => (await device.socket.fetchStatus(who)).map(({ id, status }) => ({ id, status: status?.status })),
  set_group_add_privacy: (device, { value }) => device.socket.updateGroupsAddPrivacy(value),
  picture_url: async (device, { who }) => ({ url: await device.socket.profilePictureUrl(who, 'image') }),
  upload_prekeys: (device, { count }) => device.socket.uploadPreKeys(count),
  rotate_signed_prekey: async device => {
    await device.socket.rotateSignedPreKey()
    return { key_id: device.state.creds.signedPreKey.keyId }
  },
  check_digest: device => device.socket.digestKeyBundle(),
}

const WIRE = {
  /** Report incoming stanzas with these tags as `stanza` events. */
  watch: (device, { tags }) => tags.forEach(tag => device.watched.add(tag)),
  query: async (device, { node }) => nodeToJson(await device.socket.query(nodeFromJson(node))),
  send_node: (device, { node }) => device.socket.sendNode(nodeFromJson(node)),
}

export const COMMANDS = { ...CONNECTION, ...MESSAGES, ...PRESENCE, ...GROUPS, ...COMMUNITIES, ...NEWSLETTERS, ...CALLS, ...ACCOUNT, ...WIRE }
