//! Attempts to send something: each opens what it sends through.

use std::net::{IpAddr, SocketAddr};

use super::super::kernel::{
    Tried, address, address_unix, at, at_mut, call, connect, family, open, read, send, set, socket, text, wait, word,
};
use super::super::scene::{DATAGRAM, STREAM, Scene, TOKEN};

/// A question for the address of example.com (RFC 1035, section 4.1), as the C library sends it.
const DNS_QUESTION: &[u8] = b"\x61\x6c\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x03com\x00\x00\x01\x00\x01";

/// An ICMP echo request (RFC 792) with its checksum: type 8, code 0, identifier and sequence 0.
const ECHO: &[u8] = b"\x08\x00\xf7\xff\x00\x00\x00\x00";

/// A request for all links (rtnetlink(7)): length 32, RTM_GETLINK, NLM_F_REQUEST | NLM_F_DUMP, `struct ifinfomsg`.
const ALL_LINKS: &[u8; 32] =
    b"\x20\x00\x00\x00\x12\x00\x01\x03\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";

/// Numbers that the libc crate does not have for every target (linux/smc.h, linux/socket.h).
const AF_SMC: i32 = 43;
const IPPROTO_SMC: i32 = 256;
const AF_TIPC: i32 = 30;
const AF_XDP: i32 = 44;
const AF_KCM: i32 = 41;
const AF_RXRPC: i32 = 33;

fn stream(to: SocketAddr, protocol: i32) -> Tried {
    let socket = socket(family(to), libc::SOCK_STREAM, protocol)?;
    connect(socket, &address(to))?;
    // The connection alone is what was tried.
    let _ = send(socket, TOKEN, 0, None);
    Ok(())
}

fn datagram(to: SocketAddr, protocol: i32, bytes: &[u8]) -> Tried {
    let socket = socket(family(to), libc::SOCK_DGRAM, protocol)?;
    send(socket, bytes, 0, Some(&address(to)))
}

/// A socket of a family is already more than a confined process has.
fn made(family: i32, kind: i32, protocol: i32) -> Tried {
    socket(family, kind, protocol).map(drop)
}

pub(super) fn tcp_declared(scene: &Scene) -> Tried {
    stream(scene.declared, 0)
}

pub(super) fn tcp_other_port(scene: &Scene) -> Tried {
    stream(scene.other_port, 0)
}

pub(super) fn tcp_other_address(scene: &Scene) -> Tried {
    stream(scene.other, 0)
}

pub(super) fn tcp_ipv6(scene: &Scene) -> Tried {
    scene.six.map_or(Err(libc::EAFNOSUPPORT), |to| stream(to, 0))
}

pub(super) fn tcp_v4_mapped(scene: &Scene) -> Tried {
    match scene.other_port.ip() {
        IpAddr::V4(ip) => stream(SocketAddr::new(ip.to_ipv6_mapped().into(), scene.other_port.port()), 0),
        IpAddr::V6(_) => Err(libc::EAFNOSUPPORT),
    }
}

pub(super) fn udp_53(scene: &Scene) -> Tried {
    datagram(scene.port_53, 0, scene.abstract_name.as_bytes())
}

pub(super) fn udp_upstream_port(scene: &Scene) -> Tried {
    datagram(scene.datagrams, 0, TOKEN)
}

pub(super) fn udp_lite(scene: &Scene) -> Tried {
    datagram(scene.datagrams, libc::IPPROTO_UDPLITE, TOKEN)
}

/// All of them are asked, as the C library asks the next one when the first does not answer.
pub(super) fn dns(scene: &Scene) -> Tried {
    let mut tried = Err(libc::EDESTADDRREQ);
    for resolver in &scene.resolvers {
        tried = datagram(*resolver, 0, DNS_QUESTION).or(tried);
    }
    tried
}

pub(super) fn mptcp(scene: &Scene) -> Tried {
    stream(scene.other_port, libc::IPPROTO_MPTCP)
}

pub(super) fn fast_open(scene: &Scene) -> Tried {
    let socket = socket(family(scene.other_port), libc::SOCK_STREAM, 0)?;
    match send(socket, TOKEN, libc::MSG_FASTOPEN, Some(&address(scene.other_port))) {
        Err(libc::EINPROGRESS) => {
            wait(socket, libc::POLLOUT);
            Ok(())
        }
        other => other,
    }
}

pub(super) fn fast_open_connect(scene: &Scene) -> Tried {
    let socket = socket(family(scene.other_port), libc::SOCK_STREAM, 0)?;
    set(socket, libc::IPPROTO_TCP, libc::TCP_FASTOPEN_CONNECT, 1)?;
    connect(socket, &address(scene.other_port))?;
    // With a cookie the connection waits for the first bytes.
    let _ = send(socket, TOKEN, 0, None);
    wait(socket, libc::POLLOUT);
    Ok(())
}

fn echo(scene: &Scene, kind: i32) -> Tried {
    let to = SocketAddr::new(scene.other.ip(), 0);
    let socket = socket(family(to), kind, libc::IPPROTO_ICMP)?;
    send(socket, ECHO, 0, Some(&address(to)))
}

pub(super) fn icmp_raw(scene: &Scene) -> Tried {
    echo(scene, libc::SOCK_RAW)
}

pub(super) fn icmp_ping(scene: &Scene) -> Tried {
    echo(scene, libc::SOCK_DGRAM)
}

pub(super) fn packet(_: &Scene) -> Tried {
    made(libc::AF_PACKET, libc::SOCK_RAW, 0)
}

pub(super) fn netlink_route(_: &Scene) -> Tried {
    let socket = socket(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_ROUTE)?;
    send(socket, ALL_LINKS, 0, None)?;
    wait(socket, libc::POLLIN);
    if read(socket)?.is_empty() { Err(libc::ENODATA) } else { Ok(()) }
}

pub(super) fn netlink_generic(_: &Scene) -> Tried {
    made(libc::AF_NETLINK, libc::SOCK_RAW, libc::NETLINK_GENERIC)
}

pub(super) fn alg_or_vsock(_: &Scene) -> Tried {
    made(libc::AF_ALG, libc::SOCK_SEQPACKET, 0).or_else(|_| made(libc::AF_VSOCK, libc::SOCK_STREAM, 0))
}

pub(super) fn sctp(_: &Scene) -> Tried {
    made(libc::AF_INET, libc::SOCK_STREAM, libc::IPPROTO_SCTP)
}

pub(super) fn smc_protocol(_: &Scene) -> Tried {
    made(libc::AF_INET, libc::SOCK_STREAM, IPPROTO_SMC)
}

pub(super) fn smc_family(_: &Scene) -> Tried {
    made(AF_SMC, libc::SOCK_STREAM, 0)
}

pub(super) fn xdp(_: &Scene) -> Tried {
    made(AF_XDP, libc::SOCK_RAW, 0)
}

pub(super) fn tipc(_: &Scene) -> Tried {
    made(AF_TIPC, libc::SOCK_RDM, 0)
}

pub(super) fn kcm_or_rxrpc(_: &Scene) -> Tried {
    made(AF_KCM, libc::SOCK_SEQPACKET, 0).or_else(|_| made(AF_RXRPC, libc::SOCK_DGRAM, libc::AF_INET))
}

pub(super) fn unix_abstract(scene: &Scene) -> Tried {
    let socket = socket(libc::AF_UNIX, libc::SOCK_STREAM, 0)?;
    connect(socket, &address_unix(format!("\0{}", scene.abstract_name).as_bytes()))
}

pub(super) fn unix_path(scene: &Scene) -> Tried {
    let socket = socket(libc::AF_UNIX, libc::SOCK_STREAM, 0)?;
    connect(socket, &address_unix(&text(&scene.sockets.join(STREAM))))
}

pub(super) fn unix_datagram(scene: &Scene) -> Tried {
    let socket = socket(libc::AF_UNIX, libc::SOCK_DGRAM, 0)?;
    send(socket, TOKEN, 0, Some(&address_unix(&text(&scene.sockets.join(DATAGRAM)))))
}

pub(super) fn bind_and_listen(scene: &Scene) -> Tried {
    let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 0)?;
    let any_port = address(SocketAddr::new(scene.declared.ip(), 0));
    call(libc::SYS_bind, &[socket, at(any_port.as_slice()), any_port.len() as u64])?;
    call(libc::SYS_listen, &[socket, 1]).map(drop)
}

/// listen(2) takes a port of the kernel's choice where none was bound.
pub(super) fn listen_without_bind(_: &Scene) -> Tried {
    let socket = socket(libc::AF_INET, libc::SOCK_STREAM, 0)?;
    call(libc::SYS_listen, &[socket, 1]).map(drop)
}

pub(super) fn socket_pair(_: &Scene) -> Tried {
    let mut pair = [0_i32; 2];
    call(libc::SYS_socketpair, &[word(libc::AF_UNIX), word(libc::SOCK_STREAM), 0, at_mut(&mut pair)]).map(drop)
}

/// The same number with the bit of the x32 ABI, which a filter of numbers alone does not know (syscall(2)).
#[cfg(target_arch = "x86_64")]
pub(super) fn socket_of_x32(_: &Scene) -> Tried {
    const X32_BIT: i64 = 0x4000_0000;
    call(libc::SYS_socket | X32_BIT, &[word(libc::AF_INET), word(libc::SOCK_STREAM), 0]).map(drop)
}

#[cfg(not(target_arch = "x86_64"))]
pub(super) fn socket_of_x32(_: &Scene) -> Tried {
    Err(libc::ENOSYS)
}

/// A tunnel would carry packets past every rule for sockets.
pub(super) fn tunnel(_: &Scene) -> Tried {
    open(std::path::Path::new("/dev/net/tun"), libc::O_RDWR).map(drop)
}
