//! One listener for each front thread, all on the same port: the kernel spreads the connections (SO_REUSEPORT).

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Protocol, Socket, Type};

use crate::limits::LISTEN_BACKLOG;

/// Binds `count` listeners. With port 0 the first takes a free port and the others the same one.
///
/// # Errors
/// What the operating system says.
pub(super) fn bind(address: SocketAddr, count: usize) -> io::Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::with_capacity(count);
    for _ in 0..count {
        let address = match listeners.first() {
            Some(first) => first.local_addr()?,
            None => address,
        };
        listeners.push(bind_one(address, count > 1)?);
    }
    Ok(listeners)
}

fn bind_one(address: SocketAddr, shared: bool) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Only when it is needed: with it, a second process could take over part of the port unnoticed.
    if shared {
        socket.set_reuse_port(true)?;
    }
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(LISTEN_BACKLOG)?;
    Ok(socket.into())
}
