//! One-time passwords. On disk is an HMAC of each, under a key that is sealed with the master key; in memory it is only while
//! its message is made.

use ring::hmac;
use trunkline_model::command::{NewOtp, OtpCommand, PlanReply, SendRequest};
use trunkline_model::limits::OTP_KEPT_MS;
use trunkline_model::message::{Content, Lane, SendMessage, SendOptions, Text};
use trunkline_model::plan::{OtpOutcome, OtpRecord, OtpRules, OtpState, ResendRefusal, TemplateText};
use trunkline_model::record::table;
use trunkline_model::{AccountId, Address, ErrorCode, Failure, MessageId, OtpId};
use trunkline_store::{Batch, Direction, Key};

use super::Planner;
use super::rows::{id_at_end, key, put, range};
use crate::clock;
use crate::limits::OTPS_SWEPT_AT_ONCE;

/// A password that is about to be sent.
struct Fresh {
    code: String,
    digest: [u8; 32],
    key_sealed: Vec<u8>,
}

impl Planner {
    pub(super) async fn otp(&self, account: AccountId, command: OtpCommand) -> Result<PlanReply, Failure> {
        match command {
            OtpCommand::Create(new) => self.create_otp(account, new).await,
            OtpCommand::Get(id) => Ok(shown(self.read_otp(account, id)?)),
            OtpCommand::Find { to, purpose } => {
                let newest =
                    self.bytes(account, table::OTP_NEWEST, &of_person(&to.jid(), purpose.as_deref()))?;
                let id = newest.and_then(|id| id_at_end(&id)).ok_or_else(no_otp)?;
                Ok(shown(self.read_otp(account, OtpId(id))?))
            }
            OtpCommand::Verify(id, code) => self.verify_otp(account, id, &code.0).await,
            OtpCommand::Resend(id) => self.resend_otp(account, id).await,
            OtpCommand::Cancel(id) => {
                let _changing = self.lock(account).await;
                let mut record = self.read_otp(account, id)?;
                if !record.cancel(clock::wall_ms()) {
                    return Err(over(record.state_at(clock::wall_ms())));
                }
                self.write_otp(account, &record, Batch::new()).await?;
                Ok(shown(record))
            }
        }
    }

    fn read_otp(&self, account: AccountId, id: OtpId) -> Result<OtpRecord, Failure> {
        self.get(account, table::OTP, &id.0.to_be_bytes())?.ok_or_else(no_otp)
    }

    async fn create_otp(&self, account: AccountId, new: NewOtp) -> Result<PlanReply, Failure> {
        self.check_instances(account, &[new.instance])?;
        let now_ms = clock::wall_ms();
        let id = OtpId(clock::random_u64());
        let fresh = self.make_code(account, id, &new.rules, new.code)?;
        let mut record = OtpRecord {
            id,
            instance: new.instance,
            to: new.to.jid(),
            purpose: new.purpose,
            text: new.text,
            rules: new.rules,
            state: OtpState::Pending,
            digest: fresh.digest,
            key_sealed: fresh.key_sealed,
            attempts: 0,
            sends: 1,
            message: None,
            sent_at_ms: now_ms,
            expires_at_ms: now_ms.saturating_add(i64::from(new.rules.ttl_seconds) * 1_000),
            verified_at_ms: None,
            created_at_ms: now_ms,
            metadata: new.metadata,
        };
        // First the row: no password is on its way that could not be verified.
        let mut batch = Batch::new();
        self.sweep_otps(account, now_ms, &mut batch)?;
        self.write_otp(account, &record, batch).await?;
        match self.send_otp(&record, new.to, &fresh.code).await {
            Ok(message) => record.message = Some(message),
            Err(failure) => {
                // One that was not sent is not the newest of its person: an earlier one stays that.
                let mut batch = Batch::new();
                forget(account, &record, &mut batch);
                self.commit(account, batch).await?;
                return Err(failure);
            }
        }
        self.note_message(account, record).await
    }

    async fn resend_otp(&self, account: AccountId, id: OtpId) -> Result<PlanReply, Failure> {
        let (mut record, fresh) = {
            let _changing = self.lock(account).await;
            let mut record = self.read_otp(account, id)?;
            let fresh = self.make_code(account, id, &record.rules, None)?;
            let resent = record.resend(clock::wall_ms(), fresh.digest, fresh.key_sealed.clone());
            resent.map_err(refusal)?;
            self.write_otp(account, &record, Batch::new()).await?;
            (record, fresh)
        };
        let to: Address = record.to.parse().map_err(|_| over(record.state))?;
        record.message = Some(self.send_otp(&record, to, &fresh.code).await?);
        self.note_message(account, record).await
    }

    async fn send_otp(&self, record: &OtpRecord, to: Address, code: &str) -> Result<MessageId, Failure> {
        let minutes = record.rules.ttl_seconds.div_ceil(60).to_string();
        let values = [("code".to_owned(), code.to_owned()), ("minutes".to_owned(), minutes)].into();
        let text = TemplateText::parse(&record.text)
            .map_err(|error| Failure::new(ErrorCode::Internal, error.to_string()))?;
        let body = text.render(&values).map_err(Failure::invalid)?;
        let message = SendMessage {
            to,
            content: Content::Text(Text::plain(body)),
            quote: None,
            mentions: Vec::new(),
            options: SendOptions::default(),
            lane: Lane::Otp,
            metadata: None,
        };
        let idempotency_key = Some(format!("{}/{}", record.id, record.sends));
        Ok(self.send_one(record.instance, SendRequest { message, idempotency_key }).await?.id)
    }

    /// Notes which message has the password, unless more happened to it meanwhile.
    async fn note_message(&self, account: AccountId, sent: OtpRecord) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_otp(account, sent.id)?;
        if record.sends == sent.sends {
            record.message = sent.message;
            let mut batch = Batch::new();
            batch.put(newest_key(account, &record), record.id.0.to_be_bytes().to_vec());
            self.write_otp(account, &record, batch).await?;
        }
        Ok(shown(record))
    }

    async fn verify_otp(&self, account: AccountId, id: OtpId, code: &str) -> Result<PlanReply, Failure> {
        let _changing = self.lock(account).await;
        let mut record = self.read_otp(account, id)?;
        let place = key(account, table::OTP, &id.0.to_be_bytes());
        let secret = self.sealer.unseal(place.as_bytes(), &record.key_sealed).map_err(|error| {
            tracing::error!(otp = %id, %error, "the key of a one-time password cannot be opened");
            Failure::new(ErrorCode::Internal, "The one-time password cannot be checked.")
        })?;
        // In constant time.
        let secret = hmac::Key::new(hmac::HMAC_SHA256, &secret);
        let matches = hmac::verify(&secret, OtpRules::typed(code).as_bytes(), &record.digest).is_ok();
        let outcome = record.attempt(clock::wall_ms(), matches);
        if !matches!(outcome, OtpOutcome::Over(_)) {
            // The attempt counts before anybody hears what it led to.
            self.write_otp(account, &record, Batch::new()).await?;
            let word = if outcome == OtpOutcome::Verified { "verified" } else { "wrong" };
            metrics::counter!(crate::metrics::OTP_ATTEMPTS, "outcome" => word).increment(1);
        }
        Ok(PlanReply::OtpChecked(outcome, Box::new(record)))
    }

    fn make_code(
        &self,
        account: AccountId,
        id: OtpId,
        rules: &OtpRules,
        own: Option<String>,
    ) -> Result<Fresh, Failure> {
        let no_chance = |_| Failure::new(ErrorCode::Internal, "No one-time password could be made.");
        // Enough that so few suitable ones among them do not happen.
        let (mut secret, mut bytes) = ([0; 32], [0; 128]);
        getrandom::fill(&mut secret).map_err(no_chance)?;
        getrandom::fill(&mut bytes).map_err(no_chance)?;
        let made = own.or_else(|| rules.make(bytes));
        let code =
            made.ok_or_else(|| Failure::new(ErrorCode::Internal, "No one-time password could be made."))?;
        let digest =
            hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), OtpRules::typed(&code).as_bytes());
        let mut fresh = Fresh { code, digest: [0; 32], key_sealed: Vec::new() };
        fresh.digest.copy_from_slice(digest.as_ref());
        let place = key(account, table::OTP, &id.0.to_be_bytes());
        fresh.key_sealed = self.sealer.seal(place.as_bytes(), &secret);
        Ok(fresh)
    }

    async fn write_otp(
        &self,
        account: AccountId,
        record: &OtpRecord,
        mut batch: Batch,
    ) -> Result<(), Failure> {
        put(&mut batch, key(account, table::OTP, &record.id.0.to_be_bytes()), record)?;
        batch.put(key(account, table::OTP_END, &end(record)), &b""[..]);
        self.commit(account, batch).await
    }

    /// Forgets that this is the newest one of its person and purpose, where it is.
    fn forget_newest(
        &self,
        account: AccountId,
        record: &OtpRecord,
        batch: &mut Batch,
    ) -> Result<(), Failure> {
        let place = newest_key(account, record);
        let newest = self.bytes(account, table::OTP_NEWEST, place.suffix())?;
        if newest.and_then(|id| id_at_end(&id)) == Some(record.id.0) {
            batch.delete(place);
        }
        Ok(())
    }

    /// Forgets some of those whose end is long past: at least as many as come.
    fn sweep_otps(&self, account: AccountId, now_ms: i64, batch: &mut Batch) -> Result<(), Failure> {
        let oldest =
            self.scan(account, range(account, table::OTP_END, b""), Direction::Forward, OTPS_SWEPT_AT_ONCE)?;
        for (entry, _) in oldest {
            let Some((end_ms, id)) = entry.suffix().split_first_chunk::<8>() else { continue };
            if i64::from_be_bytes(*end_ms) > now_ms {
                break;
            }
            if let Some(id) = id_at_end(id) {
                // One that was sent again has a later end as well, with an entry of its own.
                let record: Option<OtpRecord> = self.get(account, table::OTP, &id.to_be_bytes())?;
                if let Some(record) = record.filter(|record| end_ms_of(record) <= now_ms) {
                    batch.delete(key(account, table::OTP, &id.to_be_bytes()));
                    self.forget_newest(account, &record, batch)?;
                }
            }
            batch.delete(entry);
        }
        Ok(())
    }
}

fn no_otp() -> Failure {
    let detail = "This account has no such one-time password; a day after its end it is gone.";
    Failure::new(ErrorCode::OtpNotFound, detail)
}

/// A person and a purpose: no WhatsApp id has a zero byte.
fn of_person(jid: &str, purpose: Option<&str>) -> Vec<u8> {
    [jid.as_bytes(), b"\0", purpose.unwrap_or_default().as_bytes()].concat()
}

fn newest_key(account: AccountId, record: &OtpRecord) -> Key {
    key(account, table::OTP_NEWEST, &of_person(&record.to, record.purpose.as_deref()))
}

fn end_ms_of(record: &OtpRecord) -> i64 {
    record.expires_at_ms.saturating_add(OTP_KEPT_MS)
}

fn end(record: &OtpRecord) -> Vec<u8> {
    [end_ms_of(record).to_be_bytes(), record.id.0.to_be_bytes()].concat()
}

fn forget(account: AccountId, record: &OtpRecord, batch: &mut Batch) {
    batch.delete(key(account, table::OTP, &record.id.0.to_be_bytes()));
    batch.delete(key(account, table::OTP_END, &end(record)));
}

/// As it stands now.
fn shown(mut record: OtpRecord) -> PlanReply {
    record.state = record.state_at(clock::wall_ms());
    PlanReply::Otp(Box::new(record))
}

fn over(state: OtpState) -> Failure {
    Failure::new(ErrorCode::PlanState, format!("The one-time password is {}.", state.as_str()))
}

fn refusal(refusal: ResendRefusal) -> Failure {
    match refusal {
        ResendRefusal::TooSoon(wait_ms) => Failure {
            retry_after_ms: Some(wait_ms),
            ..Failure::new(ErrorCode::TooManyRequests, "The one-time password was sent a moment ago.")
        },
        ResendRefusal::TooOften => Failure::new(
            ErrorCode::PlanState,
            "The one-time password was sent as often as it may; make another.",
        ),
        ResendRefusal::Over(state) => over(state),
    }
}
