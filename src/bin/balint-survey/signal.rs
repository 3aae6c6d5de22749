//! How a server of ours stops: when it is told to, and soon.

use std::future;
use std::io;
use std::net::TcpListener;
use std::time::Duration;

use axum::Router;

/// How long requests may take to end once the server is told to stop.
const GRACE: Duration = Duration::from_secs(3);

/// Serves on a port until ctrl-c or SIGTERM.
///
/// # Errors
///
/// If the port is of no use to the runtime.
#[tokio::main]
pub async fn serve_until_told(
    listener: TcpListener,
    app: Router,
    announce: impl FnOnce(std::net::SocketAddr) -> io::Result<()>,
) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    announce(listener.local_addr()?)?;
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(stop_signal()) => result,
        () = grace_over() => Ok(()),
    }
}

/// Ends some time after the signal, as a connection left open would keep the server waiting.
async fn grace_over() {
    stop_signal().await;
    tokio::time::sleep(GRACE).await;
}

async fn stop_signal() {
    tokio::select! {
        () = interrupted() => {}
        () = terminated() => {}
    }
}

/// Ends on ctrl-c; where it cannot be waited for, it ends the process by itself.
async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_err() {
        future::pending().await
    }
}

/// Ends on SIGTERM; where it cannot be waited for, it ends the process by itself.
#[cfg(unix)]
async fn terminated() {
    use tokio::signal::unix::{SignalKind, signal};
    match signal(SignalKind::terminate()) {
        Ok(mut terminate) => drop(terminate.recv().await),
        Err(_) => future::pending().await,
    }
}

#[cfg(not(unix))]
async fn terminated() {
    future::pending().await
}
