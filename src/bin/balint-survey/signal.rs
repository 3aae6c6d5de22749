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
    // From before it says that it serves: whoever reads that may stop it at once.
    let (stopped, told) = (stop_signal(), stop_signal());
    announce(listener.local_addr()?)?;
    tokio::select! {
        result = axum::serve(listener, app).with_graceful_shutdown(stopped) => result,
        () = grace_over(told) => Ok(()),
    }
}

/// Ends some time after the signal, as a connection left open would keep the server waiting.
async fn grace_over(told: impl Future<Output = ()>) {
    told.await;
    tokio::time::sleep(GRACE).await;
}

/// Listens from now on for ctrl-c and SIGTERM; where they cannot be waited for, they end the process by themselves.
#[cfg(unix)]
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let listen = |kind| signal(kind).ok();
    let heard = [SignalKind::interrupt(), SignalKind::terminate()].map(listen);
    let [interrupted, terminated] = heard.map(|listener| async {
        match listener {
            Some(mut listener) => drop(listener.recv().await),
            None => future::pending().await,
        }
    });
    async {
        tokio::select! {
            () = interrupted => {}
            () = terminated => {}
        }
    }
}

/// Ends on ctrl-c; where it cannot be waited for, it ends the process by itself.
#[cfg(not(unix))]
async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        future::pending().await
    }
}
