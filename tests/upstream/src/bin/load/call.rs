//! One connection and its calls, one after the other.

use std::io;
use std::net::SocketAddr;
use std::net::ToSocketAddrs as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::Arguments;
use crate::answer::Answer;
use crate::figures::Tally;
use crate::shape::{Shape, shapes};

/// Where calls go, and what they are.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    address: SocketAddr,
    shapes: Rc<[Shape]>,
}

impl Target {
    pub(crate) fn new(arguments: &Arguments) -> Result<Target, String> {
        let rest = arguments.url.strip_prefix("http://");
        let rest = rest.ok_or_else(|| format!("`{}` is no http URL", arguments.url))?;
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let addresses = authority.to_socket_addrs();
        let address = addresses.ok().and_then(|mut addresses| addresses.next());
        let address = address.ok_or_else(|| format!("`{authority}` is no address"))?;
        if !address.ip().is_loopback() {
            return Err(format!(
                "`{authority}` is not on this machine: only the loopback is loaded"
            ));
        }
        Ok(Target { address, shapes: shapes(arguments, authority, path).into() })
    }

    /// Calls until the tally is full.
    pub(crate) async fn call_on(&self, tally: &Tally) {
        let mut buffer = vec![0; 16 * 1024];
        while !tally.is_over() {
            let Ok(mut stream) = TcpStream::connect(self.address).await else {
                tally.error("no connection");
                sleep(Duration::from_millis(20)).await;
                continue;
            };
            let _ = stream.set_nodelay(true);
            while let Some(number) = tally.begin() {
                let shape = &self.shapes[number % self.shapes.len()];
                match call(shape, &mut stream, &mut buffer, tally).await {
                    Ok(false) => {}
                    Ok(true) => break,
                    Err(error) => {
                        tally.error(&error.to_string());
                        break;
                    }
                }
            }
        }
    }
}

/// Makes one call, and says whether the server closes the connection behind it.
async fn call(
    shape: &Shape,
    stream: &mut TcpStream,
    buffer: &mut Vec<u8>,
    tally: &Tally,
) -> io::Result<bool> {
    let begun = Instant::now();
    stream.write_all(&shape.request).await?;
    let mut answer = Answer::new(tally.wants_ids());
    let mut held = 0;
    while !answer.is_whole() {
        if held == buffer.len() {
            buffer.resize(held * 2, 0);
        }
        let read = stream.read(&mut buffer[held..]).await?;
        if read == 0 {
            return Err(io::Error::other("the connection ended before the answer"));
        }
        let events = answer.events;
        let used = answer.take(&buffer[..held + read]).map_err(io::Error::other)?;
        buffer.copy_within(used..held + read, 0);
        held = held + read - used;
        if shape.stream && answer.events > events {
            let now = Instant::now();
            match answer.latest.replace(now) {
                Some(latest) => tally.gap(now - latest, answer.events - events),
                None => answer.first = Some(now),
            }
        }
    }
    let now = Instant::now();
    if answer.status != 200 {
        return Err(io::Error::other(format!("status {}", answer.status)));
    }
    if held > 0 || !answer.ends_with(shape.end) || answer.events < shape.events {
        return Err(io::Error::other("the answer is not whole"));
    }
    tally.done(now - begun, answer.first.map(|first| first - begun), answer.id);
    Ok(answer.closes)
}
