//! A place to connect to, behind which one server takes the place of another.

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use minwon_test_servers::RedisServer;

/// Hands everything on to the server it is set to. It ends with this value.
pub(crate) struct Switch {
    port: u16,
    target: watch::Sender<u16>,
    task: JoinHandle<()>,
}

impl Switch {
    pub(crate) async fn to(server: &RedisServer) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let target = watch::Sender::new(server.port());
        let task = tokio::spawn(accept(listener, target.subscribe()));
        Self { port, target, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Cuts all connections; whoever connects anew comes to `server`.
    pub(crate) fn turn(&self, server: &RedisServer) {
        self.target.send_replace(server.port());
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn accept(listener: TcpListener, target: watch::Receiver<u16>) {
    loop {
        let (mut client, _) = listener.accept().await.unwrap();
        let mut target = target.clone();
        tokio::spawn(async move {
            let port = *target.borrow_and_update();
            let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await else {
                return;
            };
            tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => {}
                _ = target.changed() => {}
            }
        });
    }
}
