//! What each dialect gives the frame, and the one place that lists them.

use std::sync::LazyLock;

use bytes::{Bytes, BytesMut};
use trunkline_model::delivery::{DialectFormat, Telling, Told};
use trunkline_model::event::Event;
use trunkline_model::{Dialect, Failure, InstanceId};

use super::admit::{Addressed, Caller};
use super::ask::Ask;
use super::quota::Allowance;
use super::table::{Access, Row};
use super::{aduta, wasaas, wastack, wessaal, wsapi};
use crate::body::RequestBody;
use crate::call::unexpected;
use crate::gateway::{Gateway, Principal};
use crate::reply::Answer;
use crate::route::SchemaOf;
use crate::sign::Visit;

/// What a dialect is, beside its handlers.
pub(crate) struct Mount {
    pub(crate) dialect: Dialect,
    /// The service whose API it is.
    pub(crate) title: &'static str,
    /// What its documentation begins with.
    pub(crate) description: &'static str,
    /// The headers that its callers send.
    pub(crate) credentials: &'static [Credential],
    /// Its rows, in the order of its documentation.
    pub(crate) tables: &'static [&'static [Row]],
    /// What a row's requests are counted in; each has to have one left.
    pub(crate) quotas: fn(&Row) -> &'static [Allowance],
    /// An error as its customers read it.
    pub(crate) refuse: fn(&Failure) -> Answer,
    /// What such an error is made of.
    pub(crate) error: SchemaOf,
    /// Its OpenAPI document, made when it is first asked for.
    pub(crate) document: LazyLock<Bytes>,
    /// Its page, likewise.
    pub(crate) page: LazyLock<Bytes>,
}

/// A header that says who calls, or what for.
pub(crate) struct Credential {
    pub(crate) header: &'static str,
    pub(crate) what: &'static str,
    /// Who has to send it.
    pub(crate) needed_for: &'static [Access],
}

impl Mount {
    pub(crate) fn rows(&self) -> impl Iterator<Item = &'static Row> + Clone + use<> {
        self.tables.iter().copied().flatten()
    }
}

/// What a dialect does.
pub(crate) trait Speaks {
    /// Its operations.
    type Operation: std::fmt::Debug + Copy + PartialEq + Eq;

    /// Answers what needs no key.
    ///
    /// # Errors
    /// Whatever it is refused for.
    fn open(operation: Self::Operation) -> Result<Answer, Failure>;

    /// The same, where the answer says something of the node.
    ///
    /// # Errors
    /// Whatever it is refused for.
    fn open_at<G: Gateway>(_gateway: &G, operation: Self::Operation) -> Result<Answer, Failure> {
        Self::open(operation)
    }

    /// Who calls.
    ///
    /// # Errors
    /// `UNAUTHORIZED` and the like, in the words of the service.
    fn identify<G: Gateway>(gateway: &G, caller: &Caller<'_>) -> Result<Principal, Failure>;

    /// Which instance a request of that caller is about, as far as its head says so.
    ///
    /// # Errors
    /// `INSTANCE_NOT_FOUND` and the like, in the words of the service.
    fn address<G: Gateway>(
        _gateway: &G,
        _caller: &Caller<'_>,
        _of: (&Principal, &Row),
    ) -> Result<Addressed, Failure> {
        Ok(Addressed::Nobody)
    }

    /// Answers an operation of a caller who may do it.
    ///
    /// # Errors
    /// Whatever it is refused for.
    async fn respond<G: Gateway>(
        operation: Self::Operation,
        ask: Ask<'_, G>,
        body: RequestBody,
    ) -> Result<Answer, Failure>;

    /// Answers an operation of somebody who is nobody yet.
    ///
    /// # Errors
    /// Whatever it is refused for.
    async fn welcome<G: Gateway>(
        _of: (Self::Operation, &'static Row),
        _visit: Visit<'_, G>,
        _body: RequestBody,
    ) -> Result<Answer, Failure> {
        Err(unexpected())
    }

    /// Whether the dialect has such an event, and the format does not leave it out.
    fn tells(_format: &DialectFormat, _event: &Event) -> bool {
        false
    }

    /// An event for a webhook; `None` when it is not told.
    fn webhook(_telling: &Telling<'_>) -> Option<Told> {
        None
    }
}

/// Writes the events of a stream as a dialect does.
pub(crate) trait StreamWriter {
    /// Writes an event, if it is told.
    fn write(&self, out: &mut BytesMut, instance: InstanceId, event: &Event);
}

/// The mount of a dialect; `None` for the native API.
pub(crate) fn mount_of(dialect: Dialect) -> Option<&'static Mount> {
    MOUNTS.iter().copied().find(|mount| mount.dialect == dialect)
}

macro_rules! dialects {
    ($($dialect:ident => $module:ident,)+) => {
        /// The dialects that are served, in the order of their metric labels.
        pub(crate) static MOUNTS: &[&Mount] = &[$(&$module::MOUNT),+];

        /// Who answers a row.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Operation { $($dialect(<$module::Speaker as Speaks>::Operation),)+ }

        pub(super) fn open<G: Gateway>(gateway: &G, operation: Operation) -> Result<Answer, Failure> {
            match operation {
                $(Operation::$dialect(operation) => $module::Speaker::open_at(gateway, operation),)+
            }
        }

        pub(super) fn identify<G: Gateway>(
            dialect: Dialect,
            gateway: &G,
            caller: &Caller<'_>,
        ) -> Result<Principal, Failure> {
            match dialect {
                $(Dialect::$dialect => $module::Speaker::identify(gateway, caller),)+
                Dialect::Native => Err(unexpected()),
            }
        }

        pub(super) fn address<G: Gateway>(
            dialect: Dialect,
            gateway: &G,
            caller: &Caller<'_>,
            of: (&Principal, &Row),
        ) -> Result<Addressed, Failure> {
            match dialect {
                $(Dialect::$dialect => $module::Speaker::address(gateway, caller, of),)+
                Dialect::Native => Err(unexpected()),
            }
        }

        pub(super) async fn respond<G: Gateway>(
            operation: Operation,
            ask: Ask<'_, G>,
            body: RequestBody,
        ) -> Result<Answer, Failure> {
            match operation {
                $(Operation::$dialect(operation) => $module::Speaker::respond(operation, ask, body).await,)+
            }
        }

        pub(super) async fn welcome<G: Gateway>(
            row: &'static Row,
            visit: Visit<'_, G>,
            body: RequestBody,
        ) -> Result<Answer, Failure> {
            match row.operation {
                $(Operation::$dialect(operation) => {
                    $module::Speaker::welcome((operation, row), visit, body).await
                })+
            }
        }

        /// Whether a dialect has such an event, and the format does not leave it out.
        pub fn tells_dialect_event(format: &DialectFormat, event: &Event) -> bool {
            match format.dialect {
                $(Dialect::$dialect => $module::Speaker::tells(format, event),)+
                Dialect::Native => false,
            }
        }

        /// An event in the form of a dialect; `None` when it is not told.
        pub fn dialect_event(telling: &Telling<'_>) -> Option<Told> {
            match telling.format.dialect {
                $(Dialect::$dialect => $module::Speaker::webhook(telling),)+
                Dialect::Native => None,
            }
        }
    };
}

dialects! {
    Wsapi => wsapi,
    Wastack => wastack,
    Wasaas => wasaas,
    Aduta => aduta,
    Wessaal => wessaal,
}
