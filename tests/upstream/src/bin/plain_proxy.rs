//! A reverse proxy of hyper's server and the client that is used with it, and nothing else: what a
//! gateway would cost that did not decide, count or keep anything, for `benches/gateway`.
//!
//!     plain_proxy LISTEN UPSTREAM        127.0.0.1:4001 127.0.0.1:4000

use std::net::SocketAddr;

use hyper::body::Incoming;
use hyper::header::{AUTHORIZATION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response, Uri};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use socket2::{Domain, Protocol, Socket, Type};
use upstream::Settings;

type Failed = Box<dyn std::error::Error + Send + Sync>;

fn main() -> Result<(), Failed> {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [listen, upstream] = &arguments[..] else {
        return Err("give the address to listen on and that of the upstream".into());
    };
    let (listen, upstream): (SocketAddr, SocketAddr) = (listen.parse()?, upstream.parse()?);
    // As many threads as processors, with a listener and connections of their own.
    let count = std::thread::available_parallelism()?.get();
    let threads = (0..count).map(|_| std::thread::spawn(move || serve(listen, upstream)));
    for thread in threads.collect::<Vec<_>>() {
        thread.join().map_err(|_| "a thread panicked")??;
    }
    Ok(())
}

fn serve(listen: SocketAddr, upstream: SocketAddr) -> Result<(), Failed> {
    let socket = Socket::new(Domain::for_address(listen), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&listen.into())?;
    socket.listen(4096)?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(socket.into())?;
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build::<_, Incoming>(connector);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let client = client.clone();
            let service = service_fn(move |request| pass(client.clone(), request, upstream));
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

async fn pass(
    client: Client<HttpConnector, Incoming>,
    mut request: Request<Incoming>,
    upstream: SocketAddr,
) -> Result<Response<Incoming>, Failed> {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    *request.uri_mut() = format!("http://{upstream}{path}").parse::<Uri>()?;
    let key = format!("Bearer {}", Settings::default().openai_key);
    request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&key)?);
    Ok(client.request(request).await?)
}
