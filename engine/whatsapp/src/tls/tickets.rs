//! TLS sessions to resume: enough tickets for as many connections as are opened at once.
//!
//! A TLS 1.3 ticket serves once, and the server sends new ones on each connection. rustls's own store keeps eight for a
//! host, so that of sixty-four connections that open together eight would resume. This one keeps two for each.
//!
//! Tickets are shared by all numbers of a shard: they tell the server no more about who belongs together than the address
//! that all of them come from.

use std::collections::VecDeque;
use std::fmt;

use parking_lot::Mutex;
use rustls::NamedGroup;
use rustls::client::{
    ClientSessionMemoryCache, ClientSessionStore, Tls12ClientSessionValue, Tls13ClientSessionValue,
};
use rustls::pki_types::ServerName;

use crate::limits::{TLS_HOSTS_MAX, TLS_TICKETS_PER_HOST_MAX};

/// What rustls's store counts for one host.
const SESSIONS_PER_HOST: usize = 8;

/// The sessions of one TLS configuration. The newest ticket is used first: it is the likeliest to be still accepted.
pub(super) struct Tickets {
    /// Key shares and TLS 1.2, of which one session a host is enough: it can be resumed any number of times.
    reusable: ClientSessionMemoryCache,
    hosts: Mutex<VecDeque<Host>>,
}

struct Host {
    name: ServerName<'static>,
    /// The oldest first.
    tickets: VecDeque<Tls13ClientSessionValue>,
}

impl Tickets {
    pub(super) fn new() -> Tickets {
        let reusable = ClientSessionMemoryCache::new(TLS_HOSTS_MAX * SESSIONS_PER_HOST);
        Tickets { reusable, hosts: Mutex::new(VecDeque::new()) }
    }
}

impl fmt::Debug for Tickets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tickets")
    }
}

impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, server_name: ServerName<'static>, group: NamedGroup) {
        self.reusable.set_kx_hint(server_name, group);
    }

    fn kx_hint(&self, server_name: &ServerName<'_>) -> Option<NamedGroup> {
        self.reusable.kx_hint(server_name)
    }

    fn set_tls12_session(&self, server_name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.reusable.set_tls12_session(server_name, value);
    }

    fn tls12_session(&self, server_name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.reusable.tls12_session(server_name)
    }

    fn remove_tls12_session(&self, server_name: &ServerName<'static>) {
        self.reusable.remove_tls12_session(server_name);
    }

    fn insert_tls13_ticket(&self, server_name: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut hosts = self.hosts.lock();
        let known = hosts.iter().position(|host| host.name == server_name);
        let at = known.unwrap_or_else(|| {
            if hosts.len() == TLS_HOSTS_MAX {
                hosts.pop_front();
            }
            hosts.push_back(Host { name: server_name, tickets: VecDeque::new() });
            hosts.len() - 1
        });
        let tickets = &mut hosts[at].tickets;
        if tickets.len() == TLS_TICKETS_PER_HOST_MAX {
            tickets.pop_front();
        }
        tickets.push_back(value);
    }

    fn take_tls13_ticket(&self, server_name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        let mut hosts = self.hosts.lock();
        hosts.iter_mut().find(|host| host.name == *server_name)?.tickets.pop_back()
    }
}
