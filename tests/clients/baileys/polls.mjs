// Votes in a poll, opened and counted with Baileys' own functions.
import { decryptPollVote, getAggregateVotesInPollMessage, jidNormalizedUser } from 'baileys'

const isLid = jid => jid.endsWith('@lid')

/** The names that the author of a message may go by. */
function authors(device, key) {
  const { id, lid } = device.socket.user
  const names = key.fromMe ? [id, lid] : [key.participant || key.remoteJid, key.participantAlt || key.remoteJidAlt]
  return names.filter(Boolean).map(name => jidNormalizedUser(name))
}

/** Both names are of one kind; a wrong pair does not open. */
function open(device, poll, message) {
  const { vote } = message.message.pollUpdateMessage
  const pollEncKey = poll.message.messageContextInfo.messageSecret
  for (const pollCreatorJid of authors(device, poll.key)) {
    for (const voterJid of authors(device, message.key).filter(name => isLid(name) === isLid(pollCreatorJid))) {
      try {
        return decryptPollVote(vote, { pollCreatorJid, pollMsgId: poll.key.id, pollEncKey, voterJid })
      } catch {
        // The other pair is tried.
      }
    }
  }
  throw new Error(`the vote ${message.key.id} does not open`)
}

/** `{ option: votes }` of a poll, after these votes. */
export function tally(device, { poll: id, votes }) {
  const poll = device.message(id)
  const pollUpdates = votes.map(vote => {
    const message = device.message(vote)
    return { pollUpdateMessageKey: message.key, vote: open(device, poll, message) }
  })
  const counted = getAggregateVotesInPollMessage({ message: poll.message, pollUpdates }, device.socket.user.id)
  return Object.fromEntries(counted.map(({ name, voters }) => [name, voters.length]))
}
