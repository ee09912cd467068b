//! This program as the app: started again by the measurements, told what to do by its arguments and its input.

use crate::{
    app::{self, Variant},
    client,
};
use anyhow::{Result, ensure};
use axum::serve::Listener;
use std::{
    io::{self, Write},
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream},
    net::TcpListener,
};

/// Requests before the count begins: buffers have grown and tables are filled after them.
const WARM_UP: u32 = 100;

/// Serves `requests` requests on a connection in memory, one after the other, all on this thread.
pub(crate) fn count(variant: Variant, requests: u32) -> Result<()> {
    runtime()?.block_on(async {
        let (client, server) = tokio::io::duplex(64 << 10);
        tokio::spawn(run(variant, InMemory(Some(server))));
        let mut connection = Connection::new(client);
        for _ in 0..WARM_UP {
            connection.exchange().await?;
        }
        println!("ready");
        wait_for_line()?;
        for _ in 0..requests {
            connection.exchange().await?;
        }
        onionskin::flush(Duration::from_secs(10));
        Ok(())
    })
}

/// Serves on a port, which it prints, until its input ends.
pub(crate) fn serve(variant: Variant) -> Result<()> {
    runtime()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        println!("{}", listener.local_addr()?.port());
        tokio::spawn(run(variant, listener));
        tokio::task::spawn_blocking(wait_for_line).await?
    })
}

fn runtime() -> io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
}

fn wait_for_line() -> Result<()> {
    io::stdout().flush()?;
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

async fn run<L>(variant: Variant, listener: L) -> io::Result<()>
where
    L: Listener,
    L::Addr: std::fmt::Debug,
{
    match variant {
        Variant::Bare => axum::serve(listener, app::bare()).await,
        Variant::BareBuilder => axum::serve(listener, app::bare_builder()).await,
        Variant::TraceInfo => axum::serve(listener, app::traced()).await,
        Variant::Off | Variant::Ring | Variant::Attached => {
            onionskin::set_recording(variant != Variant::Off);
            onionskin::serve(listener, app::recorded()).await
        }
        Variant::Watched => {
            onionskin::watch_extension::<app::User>();
            onionskin::serve(listener, app::recorded()).await
        }
        Variant::Builder => onionskin::serve(listener, app::recorded_builder()).await,
    }
}

/// A listener with one connection.
struct InMemory(Option<DuplexStream>);

impl Listener for InMemory {
    type Io = DuplexStream;
    type Addr = ();

    async fn accept(&mut self) -> (DuplexStream, ()) {
        match self.0.take() {
            Some(connection) => (connection, ()),
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<()> {
        Ok(())
    }
}

/// The client's end.
struct Connection {
    stream: DuplexStream,
    request: Vec<u8>,
    response: Vec<u8>,
}

impl Connection {
    fn new(stream: DuplexStream) -> Self {
        Self {
            stream,
            request: app::request(),
            response: Vec::with_capacity(64 << 10),
        }
    }

    async fn exchange(&mut self) -> Result<()> {
        self.stream.write_all(&self.request).await?;
        self.response.clear();
        while !client::is_whole(&self.response)? {
            let n = self.stream.read_buf(&mut self.response).await?;
            ensure!(n > 0, "the app hung up");
        }
        Ok(())
    }
}
