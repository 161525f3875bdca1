//! The account's own profile, and its devices.

use trunkline_model::command::{
    LinkedDevice, PictureView, ProfileChanges, ProfileCommand, ProfileView, Reply,
};
use wacore_binary::Jid;
use whatsapp_rust::features::{ContactError, ProfileError, UserInfo};

use super::confirmed::client_error;
use super::{Session, iq_error};
use crate::error::{SessionError, shorten};
use crate::message::party;

type Result<T> = std::result::Result<T, SessionError>;

impl Session {
    /// Does something about the account's own profile.
    ///
    /// # Errors
    /// [`SessionError::NotConnected`], [`SessionError::Invalid`], or what WhatsApp answered.
    pub async fn profile(&self, command: ProfileCommand) -> Result<Reply> {
        self.connected()?;
        match command {
            ProfileCommand::Get => self.profile_view().await,
            ProfileCommand::Update(changes) => self.update_profile(changes).await,
            ProfileCommand::GetPicture => {
                let found = self.own_picture().await?;
                let nothing = || SessionError::NotFound("the account has no picture".to_owned());
                found.map(|picture| Reply::Picture(Some(picture))).ok_or_else(nothing)
            }
            ProfileCommand::SetPicture(picture) => self.set_own_picture(picture).await,
            ProfileCommand::ListDevices => self.devices().await,
        }
    }

    async fn profile_view(&self) -> Result<Reply> {
        let (own, info) = self.own_info().await?;
        let lid = self.inner.client.lid();
        let name = self.inner.client.push_name();
        Ok(Reply::Profile(Box::new(ProfileView {
            account: party(&own, lid.as_ref(), Some(&name)),
            about: info.and_then(|info| info.status).filter(|text| !text.is_empty()),
            picture: self.own_picture().await?,
        })))
    }

    async fn update_profile(&self, changes: ProfileChanges) -> Result<Reply> {
        let profile = self.inner.client.profile();
        if let Some(about) = changes.about {
            profile.set_status_text(&about).await.map_err(profile_error)?;
        }
        if let Some(name) = changes.name {
            profile.set_push_name(&name).await.map_err(profile_error)?;
        }
        self.profile_view().await
    }

    async fn set_own_picture(&self, picture: Option<Vec<u8>>) -> Result<Reply> {
        let profile = self.inner.client.profile();
        let set = match picture {
            Some(jpeg) => profile.set_profile_picture(jpeg).await,
            None => profile.remove_profile_picture().await,
        };
        set.map(|_| Reply::Done).map_err(profile_error)
    }

    async fn own_picture(&self) -> Result<Option<PictureView>> {
        let own = self.own_jid()?;
        let found = self.inner.client.contacts().get_profile_picture(&own, false).await;
        let found = found.map_err(|error| contact_error(&error))?;
        Ok(found.map(|picture| PictureView { id: picture.id, url: picture.url }))
    }

    async fn devices(&self) -> Result<Reply> {
        let (own, info) = self.own_info().await?;
        let this = self.inner.client.pn().map(|jid| jid.device);
        let mut numbers = info.map(|info| info.devices).unwrap_or_default();
        numbers.sort_unstable();
        let device = |number| LinkedDevice {
            number,
            jid: own.with_device(number).to_string(),
            is_this: this == Some(number),
        };
        Ok(Reply::Devices(numbers.into_iter().map(device).collect()))
    }

    async fn own_info(&self) -> Result<(Jid, Option<UserInfo>)> {
        let own = self.own_jid()?;
        let found = self.inner.client.contacts().get_user_info(std::slice::from_ref(&own)).await;
        let info = found.map_err(|error| contact_error(&error))?.remove(&own);
        Ok((own, info))
    }

    /// The account's id by phone number, without a device.
    fn own_jid(&self) -> Result<Jid> {
        self.inner.client.pn().map(|jid| jid.to_non_ad()).ok_or(SessionError::NotLinked)
    }
}

fn profile_error(error: ProfileError) -> SessionError {
    match &error {
        ProfileError::Iq(error) => iq_error(error),
        ProfileError::Client(error) => client_error(error),
        ProfileError::InvalidArgument(detail) => SessionError::Invalid(shorten(detail.clone())),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}

fn contact_error(error: &ContactError) -> SessionError {
    match error {
        ContactError::Iq(error) => iq_error(error),
        other => SessionError::Protocol(shorten(other.to_string())),
    }
}
