//! What listens for attempts: receivers of this process on loopback, and the fixtures that attempts are given.

use std::fs;
use std::io::{self, Read as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::fd::OwnedFd;
use std::os::linux::net::SocketAddrExt as _;
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::Path;
use std::time::{Duration, Instant};

use super::attempts::Plant;
use super::scene::{DATAGRAM, LOG, STREAM};

/// Another address that is this machine as well.
const OTHER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// The address of every fixture, so that whoever counts packets can tell theirs from an attempt's.
const FIXTURES: (IpAddr, u16) = (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 9)), 0);

/// Addresses beyond the machine that are nobody's: for documentation alone (RFC 5737).
const BEYOND: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
const BEYOND_PORT: u16 = 443;

const DNS_PORT: u16 = 53;

/// How long a receipt is waited for that an attempt claims.
const RECEIPT_TIMEOUT: Duration = Duration::from_millis(300);
const RECEIPT_PAUSE: Duration = Duration::from_millis(5);

/// The receivers, none of which waits.
#[derive(Debug)]
pub(super) struct Receivers {
    tcp: Vec<TcpListener>,
    udp: Vec<UdpSocket>,
    /// At port 53, which every self-test on this machine sends to: only what bears this run's name counts.
    shared: Option<UdpSocket>,
    streams: Vec<UnixListener>,
    datagrams: UnixDatagram,
    pub(super) declared: SocketAddr,
    pub(super) other_port: SocketAddr,
    pub(super) other: SocketAddr,
    pub(super) six: Option<SocketAddr>,
    pub(super) port_53: SocketAddr,
    pub(super) datagram: SocketAddr,
    pub(super) resolvers: Vec<SocketAddr>,
    pub(super) abstract_name: String,
}

impl Receivers {
    /// Puts them up; unix sockets in a directory. With `beyond`, the targets that are another address, port 53 and name servers are
    /// beyond the machine, where nobody of this process listens.
    pub(super) fn new(sockets: &Path, beyond: bool) -> io::Result<Self> {
        let (declared, other) = same_port()?;
        let other_port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let six = TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).ok();
        let datagram = UdpSocket::bind(declared.local_addr()?)?;
        // Port 53 takes rights; without them an attempt's own word has to do.
        let port_53 = UdpSocket::bind((OTHER, DNS_PORT)).ok();
        let resolver = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        let abstract_name = format!("airlock-selftest-{}", std::process::id());
        let name = std::os::unix::net::SocketAddr::from_abstract_name(&abstract_name)?;
        let streams = vec![UnixListener::bind_addr(&name)?, UnixListener::bind(sockets.join(STREAM))?];
        let receivers = Self {
            declared: declared.local_addr()?,
            other_port: other_port.local_addr()?,
            other: if beyond { SocketAddr::new(BEYOND, BEYOND_PORT) } else { other.local_addr()? },
            six: six.as_ref().map(TcpListener::local_addr).transpose()?,
            port_53: SocketAddr::new(if beyond { BEYOND } else { OTHER }, DNS_PORT),
            datagram: datagram.local_addr()?,
            resolvers: if beyond { name_servers() } else { vec![resolver.local_addr()?] },
            abstract_name,
            tcp: [declared, other, other_port].into_iter().chain(six).collect(),
            udp: vec![datagram, resolver],
            shared: port_53,
            datagrams: UnixDatagram::bind(sockets.join(DATAGRAM))?,
            streams,
        };
        receivers.tcp.iter().try_for_each(|one| one.set_nonblocking(true))?;
        receivers.udp.iter().chain(&receivers.shared).try_for_each(|one| one.set_nonblocking(true))?;
        receivers.streams.iter().try_for_each(|one| one.set_nonblocking(true))?;
        receivers.datagrams.set_nonblocking(true)?;
        Ok(receivers)
    }

    /// How many connections and datagrams have come since the last time.
    pub(super) fn drain(&self) -> usize {
        let mut bytes = [0; 2048];
        let tcp = self.tcp.iter().map(|one| std::iter::from_fn(|| one.accept().ok()).count());
        let streams = self.streams.iter().map(|one| std::iter::from_fn(|| one.accept().ok()).count());
        let mut count: usize = tcp.chain(streams).sum();
        for one in &self.udp {
            count += std::iter::from_fn(|| one.recv(&mut bytes).ok()).count();
        }
        if let Some(one) = &self.shared {
            let ours = self.abstract_name.as_bytes();
            count += std::iter::from_fn(|| one.recv(&mut bytes).ok().map(|length| &bytes[..length] == ours))
                .filter(|ours| *ours)
                .count();
        }
        count + std::iter::from_fn(|| self.datagrams.recv(&mut bytes).ok()).count()
    }

    /// The same; where one is expected, it is waited for.
    pub(super) fn receipts(&self, fixture: &mut Fixture, expected: bool) -> usize {
        let start = Instant::now();
        loop {
            let count = self.drain() + fixture.receipts();
            if count > 0 || !expected || start.elapsed() > RECEIPT_TIMEOUT {
                return count;
            }
            std::thread::sleep(RECEIPT_PAUSE);
        }
    }
}

/// Two listeners with the same port on two addresses.
fn same_port() -> io::Result<(TcpListener, TcpListener)> {
    const TRIES: usize = 20;
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..TRIES {
        let one = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        match TcpListener::bind((OTHER, one.local_addr()?.port())) {
            Ok(other) => return Ok((one, other)),
            Err(fault) => last = fault,
        }
    }
    Err(last)
}

/// The name servers that the C library would ask (resolv.conf(5)); without any, this machine.
fn name_servers() -> Vec<SocketAddr> {
    let text = fs::read_to_string("/etc/resolv.conf").unwrap_or_default();
    let named = text.lines().filter_map(|line| line.strip_prefix("nameserver")?.trim().parse().ok());
    let mut servers: Vec<SocketAddr> = named.map(|ip| SocketAddr::new(ip, DNS_PORT)).collect();
    if servers.is_empty() {
        servers.push(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), DNS_PORT));
    }
    servers
}

/// What an attempt is given, and this process's end of it.
#[derive(Debug, Default)]
pub(super) struct Fixture {
    /// What becomes descriptor 0.
    pub(super) passed: Option<OwnedFd>,
    /// What is left open above 2.
    pub(super) leaked: Option<OwnedFd>,
    ends: Vec<End>,
}

/// This process's end, from which receipts are read.
#[derive(Debug)]
enum End {
    Stream(TcpStream),
    Pair(UnixStream),
    /// Held so that the other end stays open.
    Held(#[expect(dead_code, reason = "closing it is what it is kept from")] OwnedFd),
}

impl Fixture {
    /// Makes what a plant is. The victim is not made here.
    pub(super) fn of(plant: Plant, outside: &Path) -> io::Result<Self> {
        let mut fixture = Self::default();
        match plant {
            Plant::Nothing | Plant::Victim | Plant::PrivilegedProgram => {}
            Plant::Leaked | Plant::Stream => {
                let (ours, theirs) = connection()?;
                ours.set_nonblocking(true)?;
                fixture.ends.push(End::Stream(ours));
                if plant == Plant::Stream {
                    fixture.passed = Some(theirs.into());
                } else {
                    fixture.leaked = Some(theirs.into());
                }
            }
            Plant::LeakedPipe => {
                let (read, write) = rustix::pipe::pipe()?;
                rustix::io::write(&write, super::scene::CANARY)?;
                fixture.leaked = Some(read);
                fixture.ends.push(End::Held(write));
            }
            Plant::Unconnected => {
                use rustix::net::{AddressFamily, SocketType, socket};
                fixture.passed = Some(socket(AddressFamily::INET, SocketType::STREAM, None)?);
            }
            Plant::UnconnectedDatagrams => {
                fixture.passed = Some(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.into());
            }
            Plant::Listener => {
                let listener = TcpListener::bind(FIXTURES)?;
                fixture.ends.push(End::Stream(TcpStream::connect(listener.local_addr()?)?));
                fixture.passed = Some(listener.into());
            }
            Plant::Pair => {
                let (ours, theirs) = UnixStream::pair()?;
                ours.set_nonblocking(true)?;
                fixture.ends.push(End::Pair(ours));
                fixture.passed = Some(theirs.into());
            }
            Plant::Terminal => {
                use rustix::pty::{OpenptFlags, ioctl_tiocgptpeer, openpt, unlockpt};
                let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
                unlockpt(&ours)?;
                let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
                fixture.passed = Some(ioctl_tiocgptpeer(&ours, flags)?);
                fixture.ends.push(End::Held(ours));
            }
            Plant::Log => {
                let log = fs::OpenOptions::new().read(true).append(true).open(outside.join(LOG))?;
                fixture.passed = Some(log.into());
            }
        }
        Ok(fixture)
    }

    fn receipts(&mut self) -> usize {
        let mut bytes = [0; 2048];
        let read = |end: &mut End| match end {
            End::Stream(stream) => stream.read(&mut bytes).unwrap_or_default(),
            End::Pair(stream) => stream.read(&mut bytes).unwrap_or_default(),
            End::Held(_) => 0,
        };
        self.ends.iter_mut().map(read).filter(|bytes| *bytes > 0).count()
    }
}

/// A connection: our end, and the one that goes away.
fn connection() -> io::Result<(TcpStream, TcpStream)> {
    let listener = TcpListener::bind(FIXTURES)?;
    let theirs = TcpStream::connect(listener.local_addr()?)?;
    Ok((listener.accept()?.0, theirs))
}
