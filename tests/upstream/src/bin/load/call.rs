//! One connection and its calls, one after the other.

use std::io;
use std::net::SocketAddr;
use std::net::ToSocketAddrs as _;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::answer::Answer;
use crate::figures::Tally;
use crate::{Arguments, Kind};

/// What every call sends, and how its answer must end.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    address: SocketAddr,
    request: Rc<[u8]>,
    end: &'static [u8],
    stream: bool,
    events: u64,
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
        let stream = arguments.kind == Kind::Sse;
        let body = serde_json::json!({
            "model": arguments.model,
            "messages": [{"role": "user", "content": "x".repeat(arguments.prompt)}],
            "max_tokens": arguments.chunks,
            "stream": stream,
        });
        let body = body.to_string();
        let mut head = format!(
            "POST /{path} HTTP/1.1\r\nHost: {authority}\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nAccept: application/json\r\n\
             User-Agent: OpenAI/Python 2.0\r\nContent-Length: {}\r\n",
            arguments.key,
            body.len()
        );
        for header in &arguments.headers {
            head.push_str(header);
            head.push_str("\r\n");
        }
        Ok(Target {
            address,
            request: format!("{head}\r\n{body}").into_bytes().into(),
            end: if stream { b"data: [DONE]\n\n" } else { b"}" },
            stream,
            // The role and the reason to finish come as chunks of their own, as does the end.
            events: if stream { u64::from(arguments.chunks) + 3 } else { 0 },
        })
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
            while tally.begin() {
                if let Err(error) = self.call(&mut stream, &mut buffer, tally).await {
                    tally.error(&error.to_string());
                    break;
                }
            }
        }
    }

    async fn call(
        &self,
        stream: &mut TcpStream,
        buffer: &mut Vec<u8>,
        tally: &Tally,
    ) -> io::Result<()> {
        let begun = Instant::now();
        stream.write_all(&self.request).await?;
        let mut answer = Answer::new();
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
            if self.stream && answer.events > events {
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
        if held > 0 || !answer.ends_with(self.end) || answer.events < self.events {
            return Err(io::Error::other("the answer is not whole"));
        }
        tally.done(now - begun, answer.first.map(|first| first - begun));
        Ok(())
    }
}
